import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DemoUser, demoPractice } from '../../../deploy/local/demo-users.ts'
import { type Stack, startStack } from '../../../deploy/local/stack.ts'
import { lavishRates } from '../../../lib/testing/lavish-rates.ts'
import { post, signIn } from '../../sign-in.ts'
import { endWithUs } from '../harness/end-with-us.ts'
import { person } from './client.ts'

const user: DemoUser = { ...person, practiceId: demoPractice, roles: ['front-desk'] }

/** By whom: from asking for the revocation until it first refuses the session, in ms; of the stream until it ends. */
export type Refusals = Readonly<
  Record<'auth-session' | 'tebra-proxy-worker' | 'stream-sse' | 'stream', number>
>

/** The whole system; each round signs in, opens a stream, revokes, and asks every service over and over. */
export async function timeRefusals(rounds: number): Promise<Refusals[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-refusals-'))
  await writeFile(join(folder, 'demo-users.json'), JSON.stringify([user]))
  const stack = await startStack({ folder, env: { LOG_LEVEL: 'warn', ...lavishRates } })
  for (const child of [...stack.processes.values(), stack.redis.child]) endWithUs(child)
  try {
    const timed: Refusals[] = []
    for (let round = 0; round < rounds; round++) timed.push(await timeOne(stack))
    return timed
  } finally {
    await stack.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

async function timeOne({ urls, baseUrl }: Stack): Promise<Refusals> {
  const token = await signIn(baseUrl, user)
  const headers = { Authorization: `Bearer ${token}` }
  const stream = await fetch(`${urls['stream-sse']}/events`, { headers })
  if (!stream.body) throw new Error(`the event stream was answered ${stream.status}`)
  const reader = stream.body.getReader()
  await reader.read()
  const ended = (async () => {
    while (!(await reader.read()).done);
    return performance.now()
  })()
  const refused = async (url: string, method: 'GET' | 'POST'): Promise<number> => {
    for (;;) {
      const answer = await fetch(url, { method, headers })
      await answer.arrayBuffer()
      if (answer.status === 401) return performance.now()
      if (!answer.ok) throw new Error(`${url} was answered ${answer.status}`)
    }
  }
  const askedAt = performance.now()
  const revoked = post(`${urls['auth-session']}/auth/sessions/revoke-all`, {}, token).catch(() => undefined)
  const [auth, tebra, sse, end] = await Promise.all([
    refused(`${urls['auth-session']}/auth/session`, 'GET'),
    refused(`${urls['tebra-proxy-worker']}/tebra/requests`, 'GET'),
    refused(`${urls['stream-sse']}/events/tickets`, 'POST'),
    ended,
  ])
  await revoked
  return {
    'auth-session': auth - askedAt,
    'tebra-proxy-worker': tebra - askedAt,
    'stream-sse': sse - askedAt,
    stream: end - askedAt,
  }
}
