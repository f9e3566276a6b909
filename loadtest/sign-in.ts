import { Secret, TOTP } from 'otpauth'
import type { DemoUser } from '../deploy/local/demo-users.ts'

/** A session token for the user, second factor included; throws with the status of the answer that was not right. */
export async function signIn(baseUrl: string, user: DemoUser): Promise<string> {
  const { email, password, totpSecret } = user
  const first = await post(`${baseUrl}/auth/login`, { email, password, delivery: 'bearer' })
  const { challengeId } = first
  if (typeof challengeId !== 'string' || totpSecret === undefined) return tokenIn(first)
  const totp = new TOTP({ secret: Secret.fromBase32(totpSecret) }).generate()
  return tokenIn(await post(`${baseUrl}/auth/login/mfa`, { challengeId, totp, delivery: 'bearer' }))
}

/** The answer's body, whatever its status; callers look for the field they need. */
export async function post(url: string, body: unknown, token?: string): Promise<Record<string, unknown>> {
  const headers = {
    'Content-Type': 'application/json',
    ...(token !== undefined && { Authorization: `Bearer ${token}` }),
  }
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  return (await answer.json()) as Record<string, unknown>
}

function tokenIn(answer: Record<string, unknown>): string {
  if (typeof answer.token === 'string') return answer.token
  throw new Error(`signing in was answered ${answer.status ?? 'without a token'}`)
}
