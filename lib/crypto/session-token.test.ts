import { expect, test } from 'vitest'
import { createToken, parseToken, sessionIdOf, sha256Hex } from './session-token.ts'

const secret = 'A'.repeat(43)

test('tells practice and hash of a token it made', () => {
  const token = createToken('north-clinic')
  expect(parseToken(token)).toEqual({ practiceId: 'north-clinic', hash: sha256Hex(token) })
})

test('never makes the same token twice, and puts 32 random bytes into each', () => {
  const tokens = Array.from({ length: 200 }, () => createToken('p'))
  expect(new Set(tokens).size).toBe(200)
  for (const token of tokens) expect(Buffer.from(token.slice(2), 'base64url')).toHaveLength(32)
})

test('names the session by its hash, from which the token does not follow', () => {
  const token = createToken('p')
  const hash = sha256Hex(token)
  expect(hash).toMatch(/^[0-9a-f]{64}$/)
  expect(sessionIdOf(hash)).toBe(hash.slice(0, 16))
})

test('hashes the practice too: the same secret under another practice is another session', () => {
  expect(parseToken(`a.${secret}`)?.hash).not.toBe(parseToken(`b.${secret}`)?.hash)
})

test.each([
  ['nothing', ''],
  ['no separator', secret],
  ['no secret', 'north.'],
  ['no practice', `.${secret}`],
  ['a short secret', `north.${secret.slice(1)}`],
  ['a long secret', `north.${secret}A`],
  ['a third part', `north.${secret}.x`],
  ['plain base64', `north.${'+'.repeat(43)}`],
  ['padding', `north.${secret}=`],
  ['a line end', `north.${secret}\n`],
  ['an upper-case practice', `North.${secret}`],
  ['a practice with a hash tag', `{p}.${secret}`],
  ['a practice with a colon', `a:b.${secret}`],
  ['a leading dash', `-a.${secret}`],
  ['a long practice', `${'a'.repeat(33)}.${secret}`],
  ['a practice with a line end', `north\n.${secret}`],
])('refuses a token with %s', (_what, token) => {
  expect(parseToken(token)).toBeUndefined()
})
