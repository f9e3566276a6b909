import { randomBytes } from 'node:crypto'
import { Secret } from 'otpauth'
import type { DemoUser } from '../../deploy/local/demo-users.ts'
import { softwarePasskey } from '../../services/auth-session/testing/software-passkey.ts'
import { post, signIn } from '../sign-in.ts'

/** An administrator of a practice of its own, so that what the fuzzer breaks there is broken for nobody else. */
export function administratorOf(practiceId: string): DemoUser {
  return {
    email: `admin@${practiceId}.example`,
    password: randomBytes(16).toString('hex'),
    practiceId,
    roles: ['admin'],
    totpSecret: new Secret({ size: 20 }).base32,
  }
}

/** Opens one session after another; undefined once the person may no longer sign in. */
export type OpenSession = () => Promise<string | undefined>

/** Signs the person in with a passkey, since a TOTP code opens one session in 30 s only. */
export async function withPasskey(baseUrl: string, person: DemoUser): Promise<OpenSession> {
  const token = await signIn(baseUrl, person)
  const passkeys = `${baseUrl}/auth/passkeys`
  const asked = await post(`${passkeys}/registration/options`, undefined, token)
  const { id } = asked.user as { id: string }
  const passkey = softwarePasskey({ origin: baseUrl, relyingPartyId: new URL(baseUrl).hostname }, id)
  const made = passkey.create(asked as { challenge: string })
  await post(`${passkeys}/registration/verify`, { passkey: made }, token)
  return async () => {
    const options = await post(`${passkeys}/authentication/options`, {})
    const proof = passkey.get(options as { challenge: string })
    const answer = await post(`${passkeys}/authentication/verify`, { passkey: proof, delivery: 'bearer' })
    return typeof answer.token === 'string' ? answer.token : undefined
  }
}
