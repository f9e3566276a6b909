import type { Side } from './server.ts'

export const person = { email: 'person@bench.example', password: 'a-password-of-the-benchmark' } as const

/** What the revocation trials ask of either side; a session is told by the cookie it travels in. */
export interface Client {
  /** The session's cookie. */
  signIn(): Promise<string>
  /** Ends every session of the user. */
  revokeAll(session: string): Promise<void>
  isAlive(session: string): Promise<boolean>
}

interface Paths {
  readonly signIn: string
  readonly revokeAll: string
  readonly session: string
  /** A page of whose own asks. */
  readonly origin: string
}

const paths: Record<Side, Paths> = {
  ours: {
    signIn: '/auth/login',
    revokeAll: '/auth/sessions/revoke-all',
    session: '/auth/session',
    origin: 'http://localhost:8080',
  },
  peer: {
    signIn: '/api/auth/sign-in/email',
    revokeAll: '/api/auth/revoke-sessions',
    session: '/api/auth/get-session',
    origin: 'http://localhost:3000',
  },
}
export const sessionPath = (side: Side): string => paths[side].session

export function createClient(side: Side, url: string): Client {
  const { signIn, revokeAll, session, origin } = paths[side]
  const post = async (path: string, body: object, cookie?: string): Promise<Response> => {
    const headers = {
      'Content-Type': 'application/json',
      Origin: origin,
      ...(cookie !== undefined && { Cookie: cookie }),
    }
    const answer = await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
    if (!answer.ok) throw new Error(`${path} was answered ${answer.status}: ${await answer.text()}`)
    return answer
  }
  return {
    async signIn() {
      const answer = await post(signIn, person)
      const [cookie = ''] = (answer.headers.get('Set-Cookie') ?? '').split(';')
      if (!cookie.includes('=')) throw new Error('signed in without a cookie')
      return cookie
    },
    async revokeAll(cookie) {
      await post(revokeAll, {}, cookie)
    },
    async isAlive(cookie) {
      const answer = await fetch(`${url}${session}`, { headers: { Cookie: cookie } })
      // better-auth answers 200 and null where there is no session.
      return answer.ok && (await answer.text()) !== 'null'
    },
  }
}
