import type { ServiceAccount } from '#lib/contract/users.ts'
import { instant } from '../sessions/instant.ts'
import type { Program } from './program-store.ts'
import { clientIdOf } from './service-accounts.ts'

export const accountOf = (program: Program): ServiceAccount => ({
  id: program.id,
  clientId: clientIdOf(program),
  name: program.name,
  roles: [...program.roles],
  createdAt: instant(program.createdAt),
  ...(program.lastUsedAt !== undefined && { lastUsedAt: instant(program.lastUsedAt) }),
  ...(program.rotatedAt !== undefined && { rotatedAt: instant(program.rotatedAt) }),
  ...(program.previousSecretUntil !== undefined && {
    previousSecretUntil: instant(program.previousSecretUntil),
  }),
})
