/** Fills Redis with better-auth's sessions by its own code, and writes down how each is asked for. */
import { writeFileSync } from 'node:fs'
import { createBetterAuth } from './better-auth.ts'
import { told } from './told.ts'

const { redisUrl, users, perUser, file } = told<{
  redisUrl: string
  users: number
  perUser: number
  file: string
}>()
const auth = await createBetterAuth(redisUrl)
const { secret, authCookies, internalAdapter } = await auth.$context
const key = await crypto.subtle.importKey(
  'raw',
  new TextEncoder().encode(secret),
  { name: 'HMAC', hash: 'SHA-256' },
  false,
  ['sign'],
)

/** Cookies as better-call signs them. */
const cookieOf = async (token: string): Promise<string> => {
  const signature = Buffer.from(await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(token)))
  return encodeURIComponent(`${token}.${signature.toString('base64')}`)
}

const asked = await Promise.all(
  Array.from({ length: users }, async (_, index) => {
    const email = `person-${index}@bench.example`
    const user = await internalAdapter.createUser({ email, name: `Person ${index}`, emailVerified: true })
    const lines: (readonly [string, string])[] = []
    // One by one: its list of a user's sessions is read, changed and written.
    for (let made = 0; made < perUser; made++) {
      const { token } = await internalAdapter.createSession(user.id)
      lines.push([`Cookie: ${authCookies.sessionToken.name}=${await cookieOf(token)}`, user.id])
    }
    return lines
  }),
)
writeFileSync(file, JSON.stringify(asked.flat()))
console.log(JSON.stringify({ sessions: asked.flat().length }))
process.exit(0)
