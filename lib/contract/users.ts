import { z } from 'zod'
import { Instant, PracticeId, Uuid } from './ids.ts'
import { Permission, Role } from './permissions.ts'
import { eachOnce, text, trimmedText, withMembers } from './rules.ts'
import { NewPassword } from './session.ts'

const address =
  /^[A-Za-z0-9_'+-]+(\.[A-Za-z0-9_'+-]+)*@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}$/
/** RFC 5321 §4.5.3.1: 64 octets before the @, and 254 of all. */
export const NewEmail = z
  .email({ pattern: address })
  .max(254)
  .refine((given) => given.indexOf('@') <= 64, 'has more than 64 characters before the @')
  .meta({ pattern: address.source })

/** Goes up with every change, so that nobody overwrites what they have not seen. */
const Version = z.int().min(0).max(Number.MAX_SAFE_INTEGER)

/** A person's account in one practice. `version` goes up with every change by an administrator. */
export const UserAccount = z
  .object({
    id: Uuid,
    email: z.string(),
    roles: z.array(Role),
    disabled: z.boolean(),
    version: Version,
    createdAt: Instant,
    firstPasswordUntil: Instant.optional().meta({
      description:
        'until when the password that an administrator chose signs in; none where the owner chose it',
    }),
  })
  .meta({ id: 'UserAccount' })
export type UserAccount = z.infer<typeof UserAccount>

export const UserPage = z
  .object({ users: z.array(UserAccount), cursor: Uuid.optional() })
  .meta({ id: 'UserPage', description: '`cursor` names the next page; a page without it is the last' })
export type UserPage = z.infer<typeof UserPage>

export const NewUserRequest = z
  .strictObject({
    email: NewEmail,
    // NIST SP 800-63B-4 §3.1.1.2: it opens the account alone until a second factor is enrolled.
    password: text(15, 128),
    roles: eachOnce(Role, Role.options.length, 1),
  })
  .meta({ id: 'NewUserRequest' })

/** What an administrator changes of a user; a new password ends the user's sessions and is a first password. */
export const UserChange = z
  .strictObject({
    expectedVersion: Version,
    roles: eachOnce(Role, Role.options.length).optional(),
    email: NewEmail.optional(),
    password: NewPassword.optional(),
  })
  .meta({ id: 'UserChange' })
export type UserChange = z.infer<typeof UserChange>

/** What each role may do in a practice; a role that the table leaves out may do nothing. */
const RoleTable = withMembers(
  z.partialRecord(Role, eachOnce(Permission, Permission.options.length)),
  1,
  'at least one role',
).meta({ additionalProperties: false })
export type RoleTable = z.infer<typeof RoleTable>

export const RoleTableView = z
  .object({ roles: RoleTable, version: Version, standard: z.boolean() })
  .meta({ id: 'RoleTable', description: '`standard`: the practice has set none of its own' })
export type RoleTableView = z.infer<typeof RoleTableView>

export const RoleTableChange = z
  .strictObject({ expectedVersion: Version, roles: RoleTable })
  .meta({ id: 'RoleTableChange' })

/** A program's account. Its secret is told once, when it is made. */
export const ServiceAccount = z
  .object({
    id: Uuid,
    clientId: z.string().meta({ description: 'client_id of POST /auth/token' }),
    name: z.string(),
    roles: z.array(Role),
    createdAt: Instant,
    lastUsedAt: Instant.optional(),
    rotatedAt: Instant.optional(),
    previousSecretUntil: Instant.optional(),
  })
  .meta({ id: 'ServiceAccount' })
export type ServiceAccount = z.infer<typeof ServiceAccount>

/** A program administers nothing. */
const ProgramRole = Role.exclude(['admin'])

export const NewServiceAccount = z
  .strictObject({
    name: trimmedText(1, 80),
    roles: eachOnce(ProgramRole, ProgramRole.options.length, 1),
  })
  .meta({ id: 'NewServiceAccount' })

const overlapMsMax = 30 * 86_400_000

export const SecretRotation = z
  .strictObject({
    overlapMs: z
      .int()
      .min(0)
      .max(overlapMsMax)
      .default(86_400_000)
      .meta({ description: 'how long the secret before goes on working' }),
  })
  .meta({ id: 'SecretRotation' })

export const ServiceAccountSecret = z
  .object({ account: ServiceAccount, clientSecret: z.string() })
  .meta({ id: 'ServiceAccountSecret' })

/** The practices a person may change to without signing in again, the present one among them. */
export const PracticeList = z
  .object({ practices: z.array(z.object({ practiceId: PracticeId, current: z.boolean() })) })
  .meta({ id: 'PracticeList' })

export const PracticeLink = z
  .strictObject({
    token: z
      .string()
      .regex(/^[\x21-\x7e]{1,200}$/)
      .meta({ description: 'a bearer session of the other account' }),
  })
  .meta({ id: 'PracticeLink' })

export const PracticeChoice = z
  .strictObject({ practiceId: PracticeId, delivery: z.enum(['cookie', 'bearer']).optional() })
  .meta({ id: 'PracticeChoice' })
