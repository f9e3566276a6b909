import { z } from 'zod'
import { Instant, PracticeId, Uuid } from './ids.ts'
import { Permission, Role } from './permissions.ts'
import { NewPassword } from './session.ts'

const Roles = z
  .array(Role)
  .max(Role.options.length)
  .refine((roles) => new Set(roles).size === roles.length, 'each role once')

export const NewEmail = z.email().max(254)

/** A person's account in one practice. `version` goes up with every change by an administrator. */
export const UserAccount = z
  .object({
    id: Uuid,
    email: z.string(),
    roles: z.array(Role),
    disabled: z.boolean(),
    version: z.int(),
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
  .strictObject({ email: NewEmail, password: NewPassword, roles: Roles.min(1) })
  .meta({ id: 'NewUserRequest' })

/** What an administrator changes of a user; a new password ends the user's sessions and is a first password. */
export const UserChange = z
  .strictObject({
    expectedVersion: z.int(),
    roles: Roles.optional(),
    email: NewEmail.optional(),
    password: NewPassword.optional(),
  })
  .meta({ id: 'UserChange' })
export type UserChange = z.infer<typeof UserChange>

const permissions = z
  .array(Permission)
  .max(Permission.options.length)
  .refine((list) => new Set(list).size === list.length, 'each permission once')

/** What each role may do in a practice; a role that the table leaves out may do nothing. */
const RoleTable = z
  .partialRecord(Role, permissions)
  .refine((table) => Object.keys(table).length > 0, 'at least one role')
export type RoleTable = z.infer<typeof RoleTable>

export const RoleTableView = z
  .object({ roles: RoleTable, version: z.int(), standard: z.boolean() })
  .meta({ id: 'RoleTable', description: '`standard`: the practice has set none of its own' })
export type RoleTableView = z.infer<typeof RoleTableView>

export const RoleTableChange = z
  .strictObject({ expectedVersion: z.int(), roles: RoleTable })
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

export const NewServiceAccount = z
  .strictObject({
    name: z.string().trim().min(1).max(80),
    roles: Roles.min(1).refine((roles) => !roles.includes('admin'), 'a program cannot be an admin'),
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
  .strictObject({ token: z.string().max(200).meta({ description: 'a bearer session of the other account' }) })
  .meta({ id: 'PracticeLink' })

export const PracticeChoice = z
  .strictObject({ practiceId: PracticeId, delivery: z.enum(['cookie', 'bearer']).optional() })
  .meta({ id: 'PracticeChoice' })
