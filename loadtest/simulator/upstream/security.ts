import type { Account } from '../accounts.ts'
import type { Simulator } from '../simulator.ts'
import { type Members, textOf } from '../soap/data-contract.ts'
import type { Tree } from '../soap/xml-writer.ts'

export type Identity = { account?: Account; keyValid: boolean }

/** Who sends these credentials. A member that was dropped for its order is simply missing here. */
export const identify = ({ accounts }: Simulator, credentials: Members): Identity => {
  const sameKey = accounts.filter(({ customerKey }) => customerKey === textOf(credentials, 'CustomerKey'))
  const account = sameKey.find(
    ({ user, password }) => user === textOf(credentials, 'User') && password === credentials.Password,
  )
  return { keyValid: sameKey.length > 0, ...(account ? { account } : {}) }
}

/** The number Tebra knows an account by. */
export const customerIdOf = ({ accounts }: Simulator, account: Account): string =>
  String(41_000 + accounts.indexOf(account))

/** SecurityResultSuccess says the opposite of what its name promises (observed live behaviour). */
export const securityResponse = (state: Simulator, { account, keyValid }: Identity): Tree => ({
  Authenticated: account !== undefined,
  AuthenticationResult: account ? 'Success' : 'Failure',
  Authorized: account !== undefined,
  CustomerId: account ? customerIdOf(state, account) : '0',
  CustomerKeyValid: keyValid,
  PermissionsMissing: null,
  PracticesAuthorized: account ? { PracticeID: account.practiceIds.map(String) } : null,
  SecurityResult: account ? 'Success' : 'Invalid user name and/or password',
  SecurityResultSuccess: account === undefined,
})
