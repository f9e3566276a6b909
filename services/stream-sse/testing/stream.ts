import { v7 as uuidv7 } from 'uuid'
import { createEventBus, type NewEvent } from '#lib/bus/event-bus.ts'
import { createSseParser, type ServerSentEvent } from '#lib/client/sse-parser.ts'
import { readConfig } from '#lib/config/read-config.ts'
import { placeOf } from '#lib/crypto/request-place.ts'
import { until } from '#lib/processes/wait.ts'
import { openTestGround, signInTestUser, type TestSession, testSecrets } from '#lib/testing/ground.ts'
import { onePartition, queueKeys } from '#lib/testing/one-partition.ts'
import { type RedisAddress, redisPlaceOf } from '#lib/testing/redis.ts'
import { StreamSseConfig } from '../config.ts'
import type { ConsoleFile } from '../serve-console.ts'
import { createStreamSse } from '../stream-sse.ts'

const page: ConsoleFile = {
  bytes: new TextEncoder().encode('<!doctype html>'),
  type: 'text/html; charset=utf-8',
}
const script: ConsoleFile = { bytes: new TextEncoder().encode('1'), type: 'text/javascript; charset=utf-8' }

/** A whole stream-sse on a socket in this process, over the test's Redis. */
export async function startStreams(
  redis: RedisAddress,
  env: Record<string, string> = {},
  now: () => number = Date.now,
) {
  const ground = { ...(await openTestGround('stream-sse', redis)), now }
  const config = readConfig(StreamSseConfig, {
    ...redisPlaceOf(redis),
    PHI_KEY: testSecrets.PHI_KEY.toString('base64'),
    AUDIT_KEY: testSecrets.AUDIT_KEY.toString('base64'),
    ...env,
  })
  const consoleFiles = new Map([
    ['index.html', page],
    ['main-1a2b3c.js', script],
  ])
  const service = await createStreamSse(ground, config, {
    random: Math.random,
    instance: crypto.randomUUID(),
    consoleFiles,
    collectGarbage: () => setImmediate(Bun.gc, true),
  })
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    idleTimeout: 0,
    fetch: service.fetch,
  })
  const url = `http://127.0.0.1:${server.port}`
  await until('the reader reads', async () => (await fetch(`${url}/readyz`)).status === 200)

  return {
    ground,
    url,
    signIn: (options: Partial<Parameters<typeof signInTestUser>[1]> = {}) =>
      signInTestUser(ground, { roles: ['front-desk'], ...options }),
    close: service.close,
    async stop() {
      await service.close()
      await server.stop(true)
    },
  }
}
export type Streams = Awaited<ReturnType<typeof startStreams>>

/** A client of one stream: what it got so far, and how it ended. */
export interface Listening {
  readonly status: number
  readonly headers: Headers
  readonly events: ServerSentEvent[]
  /** The business events' request ids, in the order they came. */
  ids(): string[]
  named(type: string): ServerSentEvent[]
  lastEventId(): string
  readonly ended: Promise<void>
  leave(): void
}

export async function listen(
  url: string,
  as: Pick<TestSession, 'headers'>,
  options: { query?: string; lastEventId?: string } = {},
): Promise<Listening> {
  const abort = new AbortController()
  const answer = await fetch(`${url}/events${options.query ?? ''}`, {
    headers: { ...as.headers, ...(options.lastEventId && { 'Last-Event-ID': options.lastEventId }) },
    signal: abort.signal,
  })
  const events: ServerSentEvent[] = []
  const parser = createSseParser({ onEvent: (event) => events.push(event) })
  const read = async () => {
    if (answer.status !== 200 || !answer.body) return
    for await (const chunk of answer.body) parser.push(chunk)
  }
  const named = (type: string) => events.filter((event) => event.type === type)
  const listening: Listening = {
    status: answer.status,
    headers: answer.headers,
    events,
    named,
    ids: () =>
      events
        .filter(({ type }) => type.startsWith('tebra:'))
        .map(({ data }) => JSON.parse(data).data.requestId),
    lastEventId: () => parser.lastEventId,
    ended: read().catch(() => {}),
    leave: () => abort.abort(),
  }
  if (answer.status === 200) await until('the stream is live', () => named('ready').length > 0)
  return listening
}

/** Appends what the worker appends when a request ends well; answers the request's id. */
export async function publishResponse(
  streams: Streams,
  to: TestSession,
  data: unknown = { ok: true },
  keys = queueKeys,
): Promise<string> {
  const { redis, cipher, now } = streams.ground
  const requestId = uuidv7()
  const result = await cipher.encrypt(placeOf(to.practiceId, requestId, 'result'), JSON.stringify(data))
  const fields = {
    requestId,
    practiceId: to.practiceId,
    userId: to.userId,
    correlationId: uuidv7(),
    action: 'getProviders',
    status: 'success',
    timestamp: String(now()),
    duration: '5',
    result,
    large: '0',
    error: '',
  }
  await redis.xadd(keys.responses, 'MAXLEN', '~', 10_000, '*', ...Object.entries(fields).flat())
  return requestId
}

/** Appends an event of the bus to `agent_updates`, or to another stream; answers its id. */
export async function publish(
  streams: Streams,
  to: Pick<TestSession, 'practiceId'>,
  event: Partial<NewEvent> = {},
  idempotencyKey?: string,
): Promise<string> {
  const { practiceId } = to
  const bus = createEventBus({ ...streams.ground, partitions: onePartition })
  const appended = await bus.append(
    { practiceId, stream: 'agent_updates', event: 'test', data: {}, ...event },
    idempotencyKey,
  )
  if (appended.kind === 'conflict') throw new Error('the key stands for another event')
  return appended.id
}

const said = (type: 'bye' | 'resync', field: string) => (client: Listening) =>
  client.named(type).map(({ data }) => JSON.parse(data)[field])
/** Why the server ended the stream, and which gaps it told of. */
export const byes = said('bye', 'code')
export const resyncs = said('resync', 'reason')

/** One figure of `/metrics`. */
export async function metric(streams: { url: string }, name: string, label = ''): Promise<number> {
  const text = await (await fetch(`${streams.url}/metrics`)).text()
  const line = text.split('\n').find((one) => one.startsWith(`${name}{`) && one.includes(label))
  return Number(line?.split(' ').at(-1) ?? 0)
}

export async function publishStatus(streams: Streams, to: TestSession): Promise<string> {
  const requestId = uuidv7()
  const fields = {
    requestId,
    practiceId: to.practiceId,
    userId: to.userId,
    correlationId: uuidv7(),
    action: 'getProviders',
    status: 'processing',
    attempt: '1',
    timestamp: String(streams.ground.now()),
    reason: '',
  }
  await streams.ground.redis.xadd(queueKeys.status, '*', ...Object.entries(fields).flat())
  return requestId
}
