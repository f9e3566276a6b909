import { readConfig } from '#lib/config/read-config.ts'
import type { ActionName } from '#lib/contract/actions.ts'
import { RequestRecord, SubmitAnswer } from '#lib/contract/requests.ts'
import { openTestGround, signInTestUser, type TestSession, testSecrets } from '#lib/testing/ground.ts'
import { type RedisAddress, redisPlaceOf } from '#lib/testing/redis.ts'
import { createSimulator } from '../../../loadtest/simulator/app.ts'
import { systemClock } from '../../../loadtest/simulator/clock.ts'
import { TebraProxyWorkerConfig } from '../config.ts'
import { createTebraProxyWorker } from '../tebra-proxy-worker.ts'

/** The simulator on a socket of its own, with what it counted. */
export function startSimulator() {
  const { app } = createSimulator({
    clock: systemClock,
    seed: 'test',
    timeZone: 'America/New_York',
    accounts: [
      { customerKey: 'key', user: 'user@clinic.example', password: 'pass<&>word', practiceIds: [1] },
      { customerKey: 'other-key', user: 'user@other.example', password: 'other', practiceIds: [1] },
    ],
  })
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    idleTimeout: 0,
    fetch: (request) => app.fetch(request),
  })
  const url = `http://127.0.0.1:${server.port}`
  const control = async (path: string, body?: unknown) => {
    const answer = await fetch(`${url}/control/${path}`, {
      ...(body !== undefined && {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'Content-Type': 'application/json' },
      }),
    })
    return answer.status === 204 ? undefined : answer.json()
  }
  return {
    url,
    control,
    /** Faults from now on; replaces what was set before. */
    async misbehave(...rules: object[]) {
      await fetch(`${url}/control/faults`, { method: 'DELETE' })
      if (rules.length > 0) await control('faults', rules)
    },
    counts: async () =>
      (await control('counts')) as {
        byOperation: Record<string, number>
        throttled: number
        writes: { total: number; byNaturalKey: Record<string, number> }
      },
    stop: () => server.stop(true),
  }
}
export type Simulator = ReturnType<typeof startSimulator>

export const testAccount = {
  customerKey: 'key',
  user: 'user@clinic.example',
  password: 'pass<&>word',
  timeZone: 'America/New_York',
}

/** The environment of a tebra-proxy-worker over the test's Redis and a simulator, with short waits. */
export const serviceEnv = (redis: RedisAddress, simulator: Pick<Simulator, 'url'>) => ({
  ...redisPlaceOf(redis),
  PHI_KEY: testSecrets.PHI_KEY.toString('base64'),
  AUDIT_KEY: testSecrets.AUDIT_KEY.toString('base64'),
  TEBRA_URL: `${simulator.url}/services/soap/2.1/KareoServices.svc`,
  TEBRA_ACCOUNTS: JSON.stringify({ 'test-clinic': testAccount, 'other-clinic': testAccount }),
  LIMITER_MARGIN_MS: '0',
  LEASE_MS: '1500',
  TEBRA_TIMEOUT_MS: '1000',
  BREAKER_WAIT_MS: '300',
})

/** A whole tebra-proxy-worker in this process, over the test's Redis and a simulator. */
export async function startProxy(
  redis: RedisAddress,
  simulator: Simulator,
  env: Record<string, string> = {},
) {
  const ground = await openTestGround('tebra-proxy-worker', redis)
  const config = readConfig(TebraProxyWorkerConfig, { ...serviceEnv(redis, simulator), ...env })
  const service = await createTebraProxyWorker(ground, config, {
    random: () => 0.01,
    consumer: `test-${crypto.randomUUID()}`,
    rssBytes: () => 1,
  })
  const session = await signInTestUser(ground, { roles: ['front-desk'] })

  const request = (path: string, init: RequestInit & { as?: TestSession } = {}) =>
    service.app.request(path, { ...init, headers: { ...(init.as ?? session).headers, ...init.headers } })
  const post = (
    path: string,
    body: unknown,
    init: { as?: TestSession; headers?: Record<string, string> } = {},
  ) =>
    request(path, {
      method: 'POST',
      body: JSON.stringify(body),
      ...init,
      headers: { 'Content-Type': 'application/json', ...init.headers },
    })

  return {
    ...service,
    ground,
    session,
    request,
    post,
    signIn: (options: Parameters<typeof signInTestUser>[1]) => signInTestUser(ground, options),
    async submit(
      action: ActionName,
      params: object = {},
      headers: Record<string, string> = {},
    ): Promise<SubmitAnswer> {
      const answer = await post('/tebra/requests', { action, params }, { headers })
      if (answer.status !== 202) throw new Error(`not accepted: ${answer.status} ${await answer.text()}`)
      return SubmitAnswer.parse(await answer.json())
    },
    /** The record as soon as it has ended, or as it is after `wait` seconds. */
    async ended(id: string, wait = 20): Promise<RequestRecord> {
      const answer = await request(`/tebra/requests/${id}?wait=${wait}`)
      return RequestRecord.parse(await answer.json())
    },
  }
}
export type StartedProxy = Awaited<ReturnType<typeof startProxy>>
