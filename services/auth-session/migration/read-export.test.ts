import { describe, expect, test } from 'vitest'
import type { Row } from './imported-user.ts'
import { readExport } from './read-export.ts'

const bcrypt = '$2b$10$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i'
const auth0 = {
  user_id: 'auth0|5f7c',
  email: 'ann@clinic.example',
  email_verified: true,
  password_hash: bcrypt,
}
const firebase = {
  localId: 'uid1',
  email: 'ann@clinic.example',
  emailVerified: true,
  passwordHash: 'AAAA',
  salt: 'BBBB',
}
const fault = (rows: readonly Row[]) =>
  rows.map((row) => (row.kind === 'fault' ? row.fault : row.user.subject))
const readAuth0 = (...values: unknown[]) =>
  readExport('auth0', values.map((value) => JSON.stringify(value)).join('\n'))
const readFirebase = (...users: unknown[]) => readExport('firebase', JSON.stringify({ users }))

describe('an Auth0 export', () => {
  test('gives users in each of its forms', () => {
    const rows = readAuth0(
      { ...auth0, app_metadata: { practice: 'south', roles: ['clinician'], other: 1 } },
      {
        _id: { $oid: '60425d' },
        email: 'bob@clinic.example',
        email_verified: true,
        passwordHash: bcrypt,
        tenant: 't',
      },
      {
        ...auth0,
        password_hash: undefined,
        custom_password_hash: { algorithm: 'bcrypt', hash: { value: bcrypt } },
      },
      {
        ...auth0,
        password_hash: undefined,
        mfa_factors: [{ totp: { secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP' } }],
      },
    )
    expect(rows).toMatchObject([
      {
        user: {
          subject: 'auth0|5f7c',
          practiceId: 'south',
          roles: ['clinician'],
          passwordHash: `bcrypt${bcrypt}`,
        },
      },
      { user: { subject: 'auth0|60425d', practiceId: undefined, passwordHash: `bcrypt${bcrypt}` } },
      { user: { passwordHash: `bcrypt${bcrypt}` } },
      { user: { passwordHash: undefined, totpSecret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP' } },
    ])
  })

  test('is read as lines and as a list', () => {
    expect(fault(readExport('auth0', `[${JSON.stringify(auth0)}]`))).toEqual(['auth0|5f7c'])
    expect(fault(readExport('auth0', `${JSON.stringify(auth0)}\r\n\n`))).toEqual(['auth0|5f7c'])
  })

  test.each([
    ['not-a-user', { email: 'x@clinic.example' }],
    ['not-a-user', 'text'],
    ['no-email', { ...auth0, email: undefined }],
    ['no-email', { ...auth0, email: 'nobody' }],
    ['email-not-verified', { ...auth0, email_verified: false }],
    ['email-not-verified', { ...auth0, email_verified: undefined }],
    ['blocked', { ...auth0, blocked: true }],
    ['unsupported-hash', { ...auth0, password_hash: 'md5' }],
    [
      'unsupported-hash',
      {
        ...auth0,
        password_hash: undefined,
        custom_password_hash: { algorithm: 'sha1', hash: { value: bcrypt } },
      },
    ],
    ['unusable-second-factor', { ...auth0, mfa_factors: [{ totp: { secret: 'short' } }] }],
  ])('refuses a row as %s: %j', (reason, row) => {
    expect(fault(readAuth0(row, auth0))).toEqual([reason, 'auth0|5f7c'])
  })

  test('goes on behind a line that is no JSON', () => {
    expect(fault(readExport('auth0', `{"user_id":\n${JSON.stringify(auth0)}`))).toEqual([
      'not-a-user',
      'auth0|5f7c',
    ])
  })
})

describe('a Firebase export', () => {
  test('gives users with their custom claims', () => {
    const attributes = JSON.stringify({ practice: 'south', roles: ['operator'] })
    expect(
      readFirebase(firebase, { ...firebase, passwordHash: undefined, customAttributes: attributes }),
    ).toMatchObject([
      { user: { subject: 'uid1', passwordHash: 'firebase-scrypt$BBBB$AAAA', roles: undefined } },
      { user: { passwordHash: undefined, practiceId: 'south', roles: ['operator'] } },
    ])
  })

  test.each([
    ['not-a-user', { email: 'x@clinic.example' }],
    ['no-email', { ...firebase, email: undefined }],
    ['email-not-verified', { ...firebase, emailVerified: false }],
    ['blocked', { ...firebase, disabled: true }],
    ['unsupported-hash', { ...firebase, salt: undefined }],
    ['unsupported-hash', { ...firebase, passwordHash: '$2b$10$x' }],
  ])('refuses a row as %s: %j', (reason, row) => {
    expect(fault(readFirebase(row, firebase))).toEqual([reason, 'uid1'])
  })

  test('does not trust attributes that are no roles of ours', () => {
    const attributes = JSON.stringify({ practice: '../x', roles: ['root'] })
    expect(readFirebase({ ...firebase, customAttributes: attributes })).toMatchObject([
      { user: { practiceId: undefined, roles: undefined } },
    ])
    expect(readFirebase({ ...firebase, customAttributes: '{' })).toMatchObject([{ kind: 'user' }])
  })

  test('that is none is one fault', () => {
    expect(fault(readExport('firebase', '[]'))).toEqual(['not-a-user'])
  })
})
