/** One Tebra account: who may call, for which practices, and the key of the PHP API in front of it. */
export type Account = {
  customerKey: string
  user: string
  password: string
  practiceIds: readonly number[]
  /** Without a key on any account the PHP API lets everyone in. */
  phpApiKey?: string
}

/** The account used when none is configured; its values are public on purpose. */
export const demoAccount: Account = {
  customerKey: 'demo-key',
  user: 'demo@clinic.example',
  password: 'demo-password',
  practiceIds: [1],
  phpApiKey: 'demo-php-key',
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

// Ids of generated rows are built from the practice id and must stay below those of written rows.
const isPracticeId = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 80

const toAccount = (value: unknown, index: number): Account => {
  const wrong = (what: string) => new TypeError(`SIMULATOR_ACCOUNTS[${index}]: ${what}`)
  if (typeof value !== 'object' || value === null) throw wrong('must be an object')
  const { customerKey, user, password, practiceIds, phpApiKey } = value as Record<string, unknown>
  if (!isText(customerKey) || !isText(user) || !isText(password)) {
    throw wrong('customerKey, user and password must be texts')
  }
  const ids: unknown = practiceIds ?? [1]
  if (!Array.isArray(ids) || ids.length === 0 || !ids.every(isPracticeId)) {
    throw wrong('practiceIds must be whole numbers from 1 to 80')
  }
  if (phpApiKey !== undefined && !isText(phpApiKey)) throw wrong('phpApiKey must be a text')
  return { customerKey, user, password, practiceIds: ids, ...(phpApiKey === undefined ? {} : { phpApiKey }) }
}

/** Reads the JSON list of accounts; a mistake names the entry, never its values. */
export const parseAccounts = (json: string | undefined): Account[] => {
  if (json === undefined || json === '') return [demoAccount]
  const list: unknown = JSON.parse(json)
  if (!Array.isArray(list)) throw new TypeError('SIMULATOR_ACCOUNTS must be a JSON list')
  return list.map(toAccount)
}
