import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { withFreshRedis } from '../harness/fresh-redis.ts'
import { createClient, person } from './client.ts'
import { type RevokeRounds, revokeInRounds } from './revoke-rounds.ts'
import { type Side, startOurs, startPeer } from './server.ts'

/** The rounds against a fresh server that knows one person, with the side's own password hashing. */
export const runRevocation = (side: Side, rounds: number): Promise<RevokeRounds> =>
  withFreshRedis(async (redisUrl) => {
    const folder = await mkdtemp(join(tmpdir(), 'bench-revocation-'))
    try {
      const server = await (side === 'ours' ? startKnowing(redisUrl, folder) : startSigned(redisUrl))
      const counted = await revokeInRounds(createClient(side, server.url), rounds)
      await server.child.end('SIGKILL')
      return counted
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })

async function startKnowing(redisUrl: string, folder: string) {
  const file = join(folder, 'users.json')
  await writeFile(file, JSON.stringify([{ ...person, practiceId: 'practice-0', roles: ['front-desk'] }]))
  return startOurs(redisUrl, { SEED_USERS_FILE: file })
}

async function startSigned(redisUrl: string) {
  const server = await startPeer(redisUrl)
  const answer = await fetch(`${server.url}/api/auth/sign-up/email`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ ...person, name: 'Person' }),
  })
  if (!answer.ok) throw new Error(`signing up was answered ${answer.status}`)
  return server
}
