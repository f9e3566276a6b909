import { expect, test } from 'vitest'
import { isGuessable } from './password-rules.ts'

const whose = { email: 'm.okafor@harbour-clinic.example', practiceId: 'harbour-clinic' }
const guessable = (password: string) => isGuessable(password, whose)

test.each(['password', '12345678', 'PASSWORD', 'iloveyou', 'qwertyuiop'])('%s is common', (password) => {
  expect(guessable(password)).toBe(true)
})

test.each([
  'harbour-clinic',
  'HarbourClinic',
  'harbour-clinic2026!',
  'm.okafor',
  '**m.okafor1',
  'Workflow-Bolt!',
])('%s is a word of ours or theirs', (password) => {
  expect(guessable(password)).toBe(true)
})

test.each([
  'correct horse battery',
  'aaaa bbbb',
  '        ',
  'пароль который',
  'my password is long',
  '94817263549',
])('“%s” passes: nothing is asked of its composition', (password) => {
  expect(guessable(password)).toBe(false)
})
