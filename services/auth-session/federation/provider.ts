import {
  allowInsecureRequests,
  ClientSecretPost,
  type Configuration,
  customFetch,
  discovery,
  None,
} from 'openid-client'
import { z } from 'zod'
import { isTrustworthy } from '#lib/config/trustworthy-url.ts'
import { createKeySet } from '#lib/jwt/key-set.ts'
import type { UnverifiedJws } from '#lib/jwt/read-jws.ts'
import { createRemoteValue, RemoteUnavailable } from '#lib/jwt/remote-value.ts'
import { TokenRefused } from '#lib/jwt/token-refused.ts'
import { skewSeconds, type VerifiedClaims, verifyJwt } from '#lib/jwt/verify-jwt.ts'
import { boundedFetch } from './bounded-fetch.ts'
import type { OidcProvider } from './provider-config.ts'
import { ageSecondsMax } from './spent-tokens.ts'

/** One configured issuer. What it publishes is fetched when it is needed first. */
export interface Provider {
  readonly id: string
  readonly config: OidcProvider
  /** For the code flow. Throws `RemoteUnavailable`. */
  client(): Promise<Configuration>
  /** The claims of an ID token of this issuer for us. Throws `TokenRefused` or `RemoteUnavailable`. */
  verify(token: UnverifiedJws, expected: { nonce: string | undefined }): Promise<VerifiedClaims>
}

/** How often a provider is asked for the same thing at most, whatever arrives here. */
export const defaultRefetchMs = 10_000

const metadataFreshMs = 3_600_000

const Jwks = z.looseObject({ keys: z.array(z.looseObject({ kty: z.string() })).max(100) })

export function createProvider(deps: {
  id: string
  config: OidcProvider
  now: () => number
  /** The shortest time between two requests for the same thing, in ms. */
  refetchMs: number
}): Provider {
  const { id, config, now, refetchMs: intervalMs } = deps
  const metadata = createRemoteValue({
    load: () => discover(config),
    freshMs: metadataFreshMs,
    intervalMs,
    now,
  })
  const keys = createKeySet({
    now,
    intervalMs,
    load: async () => {
      const { jwks_uri } = (await metadata.get()).serverMetadata()
      if (jwks_uri === undefined || !isTrustworthy(jwks_uri))
        throw new RemoteUnavailable('no usable jwks_uri')
      const answer = await boundedFetch(jwks_uri)
      if (answer.status !== 200) throw new RemoteUnavailable(`jwks_uri answers ${answer.status}`)
      return Jwks.parse(await answer.json())
    },
  })
  const parties = [config.clientId, ...config.authorizedParties]

  return {
    id,
    config,
    client: () => metadata.get(),
    async verify(token, { nonce }) {
      const claims = await verifyJwt(token, {
        issuer: config.issuer,
        audiences: config.audiences ?? [config.clientId],
        algorithms: config.algorithms,
        types: [undefined, 'jwt'],
        ageSecondsMax,
        keys,
        now,
      })
      checkParties(claims, parties)
      if (nonce !== undefined && claims.nonce !== nonce) throw new TokenRefused('token-nonce')
      // OpenID Connect Back-Channel Logout §2.4: `events` is what tells a logout token from an ID token.
      if (claims.events !== undefined) throw new TokenRefused('token-type')
      const { auth_time: authTime } = claims
      if (authTime !== undefined && !(Number(authTime) <= now() / 1_000 + skewSeconds))
        throw new TokenRefused('token-not-yet-valid')
      return claims
    },
  }
}

/** OpenID Connect Core §3.1.3.7, steps 3 to 5. */
function checkParties({ aud, azp }: VerifiedClaims, parties: readonly string[]): void {
  const several = typeof aud !== 'string' && aud.length > 1
  if ((several && azp === undefined) || (azp !== undefined && !parties.includes(String(azp))))
    throw new TokenRefused('token-authorized-party')
}

async function discover({ issuer, clientId, clientSecret }: OidcProvider): Promise<Configuration> {
  const url = new URL(issuer)
  const authentication = clientSecret === undefined ? None() : ClientSecretPost(clientSecret)
  const configuration = await discovery(url, clientId, undefined, authentication, {
    execute: url.protocol === 'http:' ? [allowInsecureRequests] : [],
    [customFetch]: (target, init) => boundedFetch(target, init as RequestInit),
  })
  // The library forgives a slash at the end; `iss` does not.
  if (configuration.serverMetadata().issuer !== issuer)
    throw new RemoteUnavailable('the metadata is of another issuer')
  return configuration
}
