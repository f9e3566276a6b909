import type { PasskeyAssertion, Proof } from '#lib/contract/proofs.ts'
import type { LoginAnswer, SessionAnswer } from '#lib/contract/session.ts'
import { callService } from './call-service.ts'
import type { Fetch } from './run-stream.ts'
import { ServiceError } from './service-error.ts'

/** What an attempt to sign in comes to; everything else is thrown as a ServiceError. */
export type LoginOutcome =
  | { readonly kind: 'signed-in'; readonly answer: LoginAnswer }
  | { readonly kind: 'mfa-required'; readonly challengeId: string; readonly methods: readonly string[] }
  | { readonly kind: 'refused'; readonly code: ServiceError['code'] }
  | { readonly kind: 'too-many-requests'; readonly retryAfterMs: number | undefined }

export interface AuthClientOptions {
  /** Origin of the services; the page's own unless given. */
  readonly baseUrl?: string
  readonly fetch?: Fetch
}

export interface SessionQuestion {
  /** Asks without counting as activity: the idle time-out runs on. */
  readonly background?: boolean
  /** Hears the answer's headers, whatever its status. */
  readonly onAnswer?: ((answer: Response) => void) | undefined
}

/** Signs a person in and out with the session cookie, which the browser keeps and a script never sees. */
export class AuthClient {
  readonly #baseUrl: string
  readonly #fetch: Fetch

  constructor(options: AuthClientOptions = {}) {
    this.#baseUrl = options.baseUrl ?? ''
    this.#fetch = options.fetch ?? ((url, init) => fetch(url, init))
  }

  login(email: string, password: string): Promise<LoginOutcome> {
    return this.#signIn('/auth/login', { email, password })
  }

  /** @param proof exactly one: six digits of the authenticator app, a recovery code, or a passkey's assertion */
  loginMfa(challengeId: string, proof: Proof): Promise<LoginOutcome> {
    return this.#signIn('/auth/login/mfa', { challengeId, ...proof })
  }

  /** A passkey alone signs in. */
  loginPasskey(passkey: PasskeyAssertion): Promise<LoginOutcome> {
    return this.#signIn('/auth/passkeys/authentication/verify', { passkey })
  }

  /** Who is signed in and may do what; undefined when nobody is. */
  async session(options: SessionQuestion = {}): Promise<SessionAnswer | undefined> {
    try {
      return await callService<SessionAnswer>(this.#fetch, `${this.#baseUrl}/auth/session`, {
        headers: options.background ? { 'x-background': '1' } : {},
        onAnswer: options.onAnswer,
      })
    } catch (error) {
      if (error instanceof ServiceError && error.status === 401) return undefined
      throw error
    }
  }

  /**
   * Ends the session; one that had ended already is no error.
   * @param userId `user.id` of whom the page shows: somebody else who has signed in since stays so
   */
  async logout(userId?: string): Promise<void> {
    try {
      await callService(this.#fetch, `${this.#baseUrl}/auth/logout`, {
        method: 'POST',
        headers: userId === undefined ? {} : { 'x-user': userId },
      })
    } catch (error) {
      if (!(error instanceof ServiceError && error.status === 401)) throw error
    }
  }

  async #signIn(path: string, body: object): Promise<LoginOutcome> {
    try {
      const call = { method: 'POST', body } as const
      return {
        kind: 'signed-in',
        answer: await callService<LoginAnswer>(this.#fetch, this.#baseUrl + path, call),
      }
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error
      const { code, problem } = error
      if (code === 'mfa-required' && problem?.challengeId !== undefined) {
        return { kind: 'mfa-required', challengeId: problem.challengeId, methods: problem.methods ?? [] }
      }
      if (error.status === 429) return { kind: 'too-many-requests', retryAfterMs: error.retryAfterMs }
      if (error.status === 401) return { kind: 'refused', code }
      throw error
    }
  }
}
