import type { OpenAPIHono } from '@hono/zod-openapi'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { addChangePractice } from '../practices/change-practice.ts'
import { addLinkPractice } from '../practices/link-practice.ts'
import { addListPractices } from '../practices/list-practices.ts'
import { addUnlinkPractice } from '../practices/unlink-practice.ts'
import { addAddServiceAccount } from './add-service-account.ts'
import { addAddUser } from './add-user.ts'
import { addChangeUser } from './change-user.ts'
import { addDisableUser } from './disable-user.ts'
import { addListServiceAccounts } from './list-service-accounts.ts'
import { addListUsers } from './list-users.ts'
import { addReadRoles } from './read-roles.ts'
import { addReadUser } from './read-user.ts'
import { addRemoveUser } from './remove-user.ts'
import { addReplaceRoles } from './replace-roles.ts'
import { addRevokeServiceAccount } from './revoke-service-account.ts'
import { addRotateServiceAccount } from './rotate-service-account.ts'

/** Who there is in a practice, people and programs, what they may do, and where else a person may go on. */
export function addUsers(app: OpenAPIHono<ServiceEnv>, deps: AuthDeps): void {
  addListUsers(app, deps)
  addAddUser(app, deps)
  addReadUser(app, deps)
  addChangeUser(app, deps)
  addDisableUser(app, deps)
  addRemoveUser(app, deps)
  addReadRoles(app, deps)
  addReplaceRoles(app, deps)
  addListServiceAccounts(app, deps)
  addAddServiceAccount(app, deps)
  addRotateServiceAccount(app, deps)
  addRevokeServiceAccount(app, deps)
  addListPractices(app, deps)
  addLinkPractice(app, deps)
  addUnlinkPractice(app, deps)
  addChangePractice(app, deps)
}
