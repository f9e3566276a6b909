import type { Random } from '../random.ts'

// Built from syllables so that no list of real people stands behind them.
const starts = [
  'Bren',
  'Cal',
  'Dor',
  'El',
  'Fen',
  'Hal',
  'Jor',
  'Kel',
  'Lor',
  'Mar',
  'Nel',
  'Or',
  'Per',
  'Tam',
  'Vel',
]
const femaleEnds = ['a', 'ela', 'ina', 'issa', 'ora', 'wyn']
const maleEnds = ['an', 'en', 'ic', 'in', 'on', 'us']
const familyStarts = [
  'Ash',
  'Brook',
  'Crane',
  'Dun',
  'Elm',
  'Fox',
  'Gold',
  'Hart',
  'Lark',
  'Moss',
  'Quill',
  'Thorn',
  'Wren',
]
const familyEnds = ['bury', 'combe', 'dale', 'field', 'ford', 'holt', 'ley', 'mere', 'ridge', 'stead', 'wick']

/** Names that break careless XML, JSON or ASCII handling; every practice has each of them once. */
export const awkwardNames: readonly { firstName: string; lastName: string }[] = [
  { firstName: 'Orla', lastName: "O'Brinfell" },
  { firstName: 'Renée', lastName: 'Dufréval' },
  { firstName: 'Tam & Lee', lastName: 'Mossdale' },
  { firstName: 'Kelwyn', lastName: 'Less<than' },
  { firstName: 'Jöran', lastName: 'Ångholt-Çelmere' },
  { firstName: 'Velora "Vee"', lastName: "D'Quill>wick" },
]

/** A given and a family name; the gender only chooses the ending. */
export const inventName = (random: Random, gender: 'Female' | 'Male') => ({
  firstName: random.pick(starts) + random.pick(gender === 'Female' ? femaleEnds : maleEnds),
  lastName: random.pick(familyStarts) + random.pick(familyEnds),
})
