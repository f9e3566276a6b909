/** Fills Redis with sessions of ours by the service's own stores, and writes down how each is asked for. */
import { writeFileSync } from 'node:fs'
import { v7 as uuidv7 } from 'uuid'
import { sessionCookie } from '../../../lib/http/require-session.ts'
import { createSessionStore } from '../../../services/auth-session/sessions/session-store.ts'
import { createUserStore } from '../../../services/auth-session/users/user-store.ts'
import { readInput } from '../harness/run-program.ts'
import { openOurs } from '../queue/ours.ts'
import { practices } from '../queue/payload.ts'
import { SeedInput } from './seed-input.ts'

const { redisUrl, users, perUser, practices: count, file } = readInput(SeedInput)
const { redis, cipher, dataKeys } = await openOurs(redisUrl)
const store = createUserStore({ redis, cipher, dataKeys })
const among = practices.slice(0, count)
const limits = { idleMs: 900_000, absoluteMs: 43_200_000, perUserMax: perUser }
const sessions = createSessionStore({ redis, limits })
for (const practiceId of among) await dataKeys.ensure(practiceId)

const seedUser = async (index: number): Promise<[header: string, whose: string][]> => {
  const practiceId = among[index % among.length] ?? ''
  const user = {
    practiceId,
    id: uuidv7(),
    email: `person-${index}@bench.example`,
    roles: ['front-desk' as const],
    createdAt: Date.now(),
    // Nobody signs in with it; it is as long as a real one.
    passwordHash: `0a1b2c3d$argon2id$v=19$m=19456,t=2,p=1$${'s'.repeat(22)}$${'h'.repeat(43)}`,
    totpSecret: undefined,
  }
  await store.write(user)
  const opened = await Promise.all(
    Array.from({ length: perUser }, () => sessions.open(practiceId, user.id, 'aal1')),
  )
  return opened.map((session) => {
    if (!session) throw new Error('a session was refused')
    return [`Cookie: ${sessionCookie}=${session.token}`, user.id]
  })
}

const batch = 50
const asked: [string, string][] = []
for (let from = 0; from < users; from += batch) {
  const some = Array.from({ length: Math.min(batch, users - from) }, (_, index) => seedUser(from + index))
  asked.push(...(await Promise.all(some)).flat())
}
writeFileSync(file, JSON.stringify(asked))
console.log(JSON.stringify({ sessions: asked.length }))
process.exit(0)
