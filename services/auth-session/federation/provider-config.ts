import { z } from 'zod'
import { jsonText } from '#lib/config/json-text.ts'
import { isTrustworthy } from '#lib/config/trustworthy-url.ts'
import { ProviderId } from '#lib/contract/federation.ts'
import { PracticeId } from '#lib/contract/ids.ts'
import { Role } from '#lib/contract/permissions.ts'
import { ClaimName, ClaimTest } from './claims.ts'

/** Signatures that only the issuer can make: with a shared secret (HS256) a client could make them too. */
const Algorithm = z.enum(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'EdDSA'])

/** What we know of one OpenID Connect issuer, and whom it may speak for. README.md beside this file explains it. */
export const OidcProvider = z
  .strictObject({
    /** Exactly as it stands in `iss`, trailing slash or not. */
    issuer: z.string().refine(isTrustworthy, 'must be an https:// URL'),
    clientId: z.string().min(1),
    clientSecret: z.string().min(1).optional(),
    signIn: z.array(z.enum(['code', 'token-exchange'])).min(1),
    scope: z
      .string()
      .default('openid email')
      .refine((scope) => scope.split(' ').includes('openid'), 'must contain openid'),
    algorithms: z.array(Algorithm).min(1).default(['RS256']),
    /** Whom its ID tokens may be for; the client id where it is left out. */
    audiences: z.array(z.string().min(1)).min(1).optional(),
    /** Further clients that may have asked for a token (`azp`). */
    authorizedParties: z.array(z.string().min(1)).default([]),
    /** All of them must hold, or nobody is let in. */
    require: z.array(ClaimTest).default([]),
    /** Any of them proves that the issuer has seen two factors. */
    secondFactor: z.array(ClaimTest).default([]),
    practice: z.union([
      PracticeId,
      z.strictObject({ claim: ClaimName, values: z.record(z.string(), PracticeId) }),
    ]),
    /** Where it is there, the issuer decides the roles, at every sign-in. */
    roles: z
      .strictObject({ claim: ClaimName, values: z.record(z.string(), z.array(Role).min(1)) })
      .optional(),
    /** Whether somebody unknown gets an account, with the roles above, at the first sign-in. */
    provision: z.boolean().default(false),
  })
  .refine(({ provision, roles }) => !provision || roles !== undefined, {
    path: ['provision'],
    message: 'needs roles',
  })
export type OidcProvider = z.infer<typeof OidcProvider>

/** By name; no two may share an issuer, or it would not be clear whose rules hold. */
export const OidcProviders = jsonText('{"<name>": {"issuer", "clientId", "signIn", "practice", …}}').pipe(
  z.record(ProviderId, OidcProvider).refine((providers) => {
    const issuers = Object.values(providers).map(({ issuer }) => issuer)
    return new Set(issuers).size === issuers.length
  }, 'two providers have one issuer'),
)
