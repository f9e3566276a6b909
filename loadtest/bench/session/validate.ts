import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type FreshRedis, startFreshRedis } from '../harness/fresh-redis.ts'
import { ownPeers } from '../harness/peer-packages.ts'
import { cores } from '../harness/pinning.ts'
import { runProgram } from '../harness/run-program.ts'
import { sessionPath } from './client.ts'
import { Loaded, type LoadInput, Seeded } from './seed-input.ts'
import { type Side, startOurs, startPeer } from './server.ts'

const perUser = 20
/** As many as keep both servers busy: with 32 ours waits a quarter of its time for Redis, which shares the other core. */
const connections = 128
const seeds = {
  ours: new URL('./seed-ours.ts', import.meta.url),
  peer: new URL('./seed-better-auth.ts', ownPeers),
}

export interface Round {
  readonly seconds: number
  /** Each request counts as activity and moves the idle expiry on; only ours does so. */
  readonly active: boolean
}

export interface FilledStore {
  /** One round: a fresh server process over the sessions, asked for random ones. */
  run(how: Round): Promise<Loaded>
  stop(): Promise<void>
}

/** A Redis of the side's own with that many sessions, filled once by the side's own code. */
export async function fillStore(side: Side, sessions: number): Promise<FilledStore> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-session-'))
  const redis: FreshRedis = await startFreshRedis()
  const file = join(folder, 'sessions.json')
  const stop = async () => {
    await redis.stop()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    const seed = { redisUrl: redis.url, users: sessions / perUser, perUser, file }
    await runProgram(seeds[side], seed, { core: cores.program, schema: Seeded })
  } catch (error) {
    await stop()
    throw error
  }
  return {
    async run({ seconds, active }) {
      const server = await (side === 'ours' ? startOurs(redis.url) : startPeer(redis.url))
      try {
        const input: LoadInput = {
          port: server.port,
          path: sessionPath(side),
          pid: server.child.process.pid ?? 0,
          file,
          // A limiter tells callers without an account apart by their address.
          header: `X-Forwarded-For: 192.0.2.1${active ? '' : '\r\nX-Background: 1'}`,
          connections,
          warmUpMs: 1_500,
          seconds,
        }
        return await runProgram(new URL('./load.ts', import.meta.url), input, {
          core: cores.redis,
          schema: Loaded,
        })
      } finally {
        await server.child.end('SIGKILL')
      }
    },
    stop,
  }
}
