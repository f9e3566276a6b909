import { describe, expect, test } from 'vitest'
import {
  createBcryptVerifier,
  createFirebaseVerifier,
  FirebaseHashConfig,
  importedBcrypt,
  importedFirebase,
} from './foreign-hashes.ts'

const textOf = (imported = '') => imported.slice(imported.indexOf('$'))
const verifyBcrypt = createBcryptVerifier((password, hash) => Bun.password.verify(password, hash, 'bcrypt'))

describe('bcrypt', () => {
  // From the tests of OpenBSD's and jBCrypt's implementations, and Wikipedia's example.
  test.each([
    ['a', '$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe'],
    ['abc', '$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i'],
    ['abc123xyz', '$2a$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW'],
  ])('verifies the published hash of %j and no other password', async (password, hash) => {
    const text = textOf(importedBcrypt(hash))
    expect(await verifyBcrypt(password, text)).toBe(true)
    expect(await verifyBcrypt(`${password} `, text)).toBe(false)
  })

  test('reads a password of more than 72 bytes up to there, as every provider did', async () => {
    const text = await Bun.password.hash('a'.repeat(72), { algorithm: 'bcrypt', cost: 4 })
    expect(await verifyBcrypt('a'.repeat(80), text)).toBe(true)
    expect(await verifyBcrypt(`${'a'.repeat(71)}b`, text)).toBe(false)
  })

  test.each(['$2b$31$', '$2b$10$short', '$2x$10$', '$argon2id$v=19$m=65536,t=3,p=4$AAAA$AAAA', ''])(
    'takes no other hash, and none that costs minutes: %j',
    (start) => {
      expect(importedBcrypt(start.padEnd(60, 'a').slice(0, start.endsWith('short') ? 12 : undefined))).toBe(
        undefined,
      )
    },
  )
})

describe('Firebase’s scrypt', () => {
  // The sample of https://github.com/firebase/scrypt.
  const config = FirebaseHashConfig.parse({
    base64_signer_key:
      'jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==',
    base64_salt_separator: 'Bw==',
    rounds: 8,
    mem_cost: 14,
  })
  const salt = '42xEC+ixf3L2lw=='
  const hash = 'lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ=='
  const verify = createFirebaseVerifier(config)

  test('verifies the published sample and no other password', async () => {
    const text = textOf(importedFirebase(salt, hash))
    expect(await verify('user1password', text)).toBe(true)
    expect(await verify('user1Password', text)).toBe(false)
    expect(await verify('', text)).toBe(false)
  })

  test('reads the spelling for URLs alike', async () => {
    const inUrls = hash.replaceAll('+', '-').replaceAll('/', '_')
    expect(await verify('user1password', textOf(importedFirebase('42xEC-ixf3L2lw==', inUrls)))).toBe(true)
  })

  test('of another project, or with another salt, verifies nothing', async () => {
    const other = createFirebaseVerifier({ ...config, base64_signer_key: 'AAAA' })
    expect(await other('user1password', textOf(importedFirebase(salt, hash)))).toBe(false)
    expect(await verify('user1password', textOf(importedFirebase('AAAA', hash)))).toBe(false)
  })

  test('never costs more than Firebase allows', () => {
    expect(FirebaseHashConfig.safeParse({ ...config, mem_cost: 20 }).success).toBe(false)
    expect(FirebaseHashConfig.safeParse({ ...config, rounds: 9 }).success).toBe(false)
  })
})
