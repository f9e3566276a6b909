import type { ActionName } from '#lib/contract/actions.ts'
import { type CacheMode, type RequestRecord, SubmitAnswer } from '#lib/contract/requests.ts'
import type { TestSession } from '#lib/testing/ground.ts'
import type { TestRedis } from '#lib/testing/redis.ts'
import type { StartedProxy } from './proxy.ts'

type Params = Readonly<Record<string, unknown>>

/** Submits a read in a cache mode and answers its id. */
export async function submitRead(
  proxy: StartedProxy,
  cache: CacheMode,
  action: ActionName,
  params: Params = {},
  as?: TestSession,
): Promise<string> {
  const answer = await proxy.post('/tebra/requests', { action, params, cache }, as && { as })
  if (answer.status !== 202) throw new Error(`not accepted: ${answer.status} ${await answer.text()}`)
  return SubmitAnswer.parse(await answer.json()).id
}

/** Submits a read and answers its record once it has ended. */
export const read = async (...args: Parameters<typeof submitRead>): Promise<RequestRecord> =>
  args[0].ended(await submitRead(...args))

const found = async (redis: TestRedis, pattern: string): Promise<string> => {
  const [key] = await redis.redis.keys(pattern)
  if (key === undefined) throw new Error(`no key ${pattern}`)
  return key
}
export const entryOf = (redis: TestRedis, action: ActionName, practiceId = 'test-clinic') =>
  found(redis, `{tebra}:cache:${practiceId}:${action}:*`)

export const flights = (redis: TestRedis) => redis.redis.keys('{tebra}:cache-flight:*')

/** Makes the entry of an action so much older. */
export async function age(redis: TestRedis, action: ActionName, ms: number): Promise<void> {
  const entry = await entryOf(redis, action)
  await redis.redis.hincrby(entry, 'storedAt', -ms)
  await redis.redis.hincrby(entry, 'askedAt', -ms)
}
