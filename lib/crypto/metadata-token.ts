import { z } from 'zod'
import { shareInFlight } from '#lib/resilience/share-in-flight.ts'

/** A call over HTTP, as `fetch` makes it. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

/** Tokens for Google's APIs. */
export interface AccessTokens {
  get(): Promise<string>
  /** The token was refused: the next `get` asks for another. */
  forget(): void
}

const TokenAnswer = z.object({ access_token: z.string().min(1), expires_in: z.number() })

/** The metadata server makes a new token 5 minutes before the old one ends; Google's libraries let go at 3:45. */
const letGoMs = 225_000
const timeoutMs = 3_000

/**
 * Tokens of the service account that this machine or container runs as, from the metadata server:
 * https://docs.cloud.google.com/compute/docs/access/authenticate-workloads
 */
export function createMetadataTokens(deps: {
  fetch: Fetch
  now: () => number
  /** Where the metadata server answers. */
  origin?: string
}): AccessTokens {
  const { origin = 'http://metadata.google.internal' } = deps
  let held: { token: string; until: number } | undefined

  const ask = shareInFlight(async (): Promise<string> => {
    const askedAt = deps.now()
    const answer = await deps.fetch(`${origin}/computeMetadata/v1/instance/service-accounts/default/token`, {
      headers: { 'Metadata-Flavor': 'Google' },
      signal: AbortSignal.timeout(timeoutMs),
      redirect: 'error',
    })
    // Something else may answer at this address; only the metadata server sends this header back.
    if (!answer.ok || answer.headers.get('Metadata-Flavor') !== 'Google')
      throw new Error(`the metadata server gave no token: status ${answer.status}`)
    const { access_token, expires_in } = TokenAnswer.parse(await answer.json())
    held = { token: access_token, until: askedAt + expires_in * 1_000 - letGoMs }
    return access_token
  })

  return {
    get: async () => (held && deps.now() < held.until ? held.token : ask()),
    forget() {
      held = undefined
    },
  }
}
