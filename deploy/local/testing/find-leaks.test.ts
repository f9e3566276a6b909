import { expect, test } from 'vitest'
import { findLeaks } from './find-leaks.ts'

const name = 'Zoë Quillonette-Vark & Co'
const leaksIn = (text: string) => findLeaks(new Map([['log', text]]), { name })

test.each([
  ['as it is', name],
  ['in other case', name.toUpperCase()],
  ['in a URL', `/find?q=${encodeURIComponent(name)}&page=2`],
  ['in a form', new URLSearchParams({ name }).toString().replaceAll('%C3%AB', '%c3%ab')],
  ['in JSON', JSON.stringify({ name })],
  ['in JSON that escapes what is not ASCII', '{"name":"Zo\\u00eb Quillonette-Vark & Co"}'],
  ['in XML', '<a:Name>Zoë Quillonette-Vark &amp; Co</a:Name>'],
  ['in Redis’ own escapes', 'Zo\\xc3\\xab Quillonette-Vark & Co'],
  ['in hex', Buffer.from(`x${name}`).toString('hex')],
  ['in bytes read as Latin-1', Buffer.from(name).toString('latin1')],
])('finds a name %s', (_how, text) => {
  expect(leaksIn(`before ${text} after`)).toEqual(['log: name'])
})

test('finds a name inside any base64, wherever it begins', () => {
  for (const encoding of ['base64', 'base64url'] as const)
    for (let before = 0; before < 7; before += 1)
      for (let after = 0; after < 4; after += 1) {
        const text = Buffer.from(`${'x'.repeat(before)}${name}${'y'.repeat(after)}`).toString(encoding)
        expect(leaksIn(text), `${encoding} ${before} ${after}`).toEqual(['log: name'])
      }
})

test('finds nothing where there is nothing, and names each place', () => {
  expect(leaksIn('Quillonette Vark')).toEqual([])
  const places = new Map([
    ['redis', name],
    ['metrics', 'requests_total 3'],
    ['errors', name],
  ])
  expect(findLeaks(places, { name, seed: 'JBSWY3DPEHPK3PXP' })).toEqual(['redis: name', 'errors: name'])
})
