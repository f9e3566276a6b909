import { z } from 'zod'
import { Instant } from './ids.ts'

/** Token types of RFC 8693 §3. */
export const tokenTypes = {
  idToken: 'urn:ietf:params:oauth:token-type:id_token',
  accessToken: 'urn:ietf:params:oauth:token-type:access_token',
  jwt: 'urn:ietf:params:oauth:token-type:jwt',
} as const

export const tokenExchange = 'urn:ietf:params:oauth:grant-type:token-exchange'

/** RFC 6749 §3.2: a parameter without a value counts as left out, one that is there twice is an error. */
const parameter = (charactersMax: number) =>
  z
    .string()
    .regex(new RegExp(`^[\\r\\n -~]{0,${charactersMax}}$`))
    .transform((text) => (text === '' ? undefined : text))
    .optional()

/**
 * A form of `POST /auth/token` (RFC 6749 §4.4, RFC 8693 §2.1); parameters nobody knows are ignored. What is wrong in
 * it has codes of its own, so that the lists of values stand here for the document and are held by who answers.
 */
export const TokenRequest = z
  .object({
    grant_type: parameter(100).meta({ enum: ['client_credentials', tokenExchange] }),
    subject_token: parameter(9_216).meta({ description: 'token exchange: what is exchanged' }),
    subject_token_type: parameter(100).meta({ enum: [tokenTypes.idToken, tokenTypes.accessToken] }),
    requested_token_type: parameter(100).meta({ enum: [tokenTypes.accessToken, tokenTypes.jwt] }),
    audience: parameter(100).meta({
      description: 'token exchange of a session token: the service that may act with the internal token',
    }),
    resource: parameter(512).meta({ description: 'not supported: name an audience' }),
    actor_token: parameter(512).meta({ description: 'not supported' }),
    client_id: parameter(100).meta({ description: 'client credentials, if not by HTTP Basic' }),
    client_secret: parameter(100),
  })
  .meta({ id: 'TokenRequest', required: ['grant_type'] })
export type TokenRequest = z.infer<typeof TokenRequest>

/** RFC 8693 §2.2.1; `expires_in` in seconds. A session token lives on while it is used, up to the absolute time-out. */
export const TokenAnswer = z
  .object({
    access_token: z.string(),
    issued_token_type: z.string().optional(),
    token_type: z.enum(['Bearer', 'N_A']),
    expires_in: z.int(),
  })
  .meta({ id: 'TokenAnswer' })
export type TokenAnswer = z.infer<typeof TokenAnswer>

/** RFC 6749 §5.2; `mfa_required` is ours and carries what `POST /auth/login/mfa` needs. */
export const OAuthError = z
  .object({
    error: z.enum([
      'invalid_request',
      'invalid_client',
      'unsupported_grant_type',
      'invalid_target',
      'mfa_required',
    ]),
    error_description: z.string().optional(),
    challenge_id: z.string().optional(),
    methods: z.array(z.string()).optional(),
  })
  .meta({ id: 'OAuthError' })
export type OAuthError = z.infer<typeof OAuthError>

/** Names a provider in paths and in the audit log. */
export const ProviderId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'lower-case letters, digits and dashes')

/** Paths of ours only: `//host` and `/\host` are other sites to a browser (RFC 9700 §4.11, open redirectors). */
export const OwnPath = z
  .string()
  .max(512)
  .regex(/^\/([!-.0-[\]-~][!-~]*)?$/, 'a path of this site')

export const StartLink = z.strictObject({ returnTo: OwnPath }).meta({ id: 'StartLink' })

/** Where the browser goes to say at the provider who it is. */
export const ProviderWay = z.object({ location: z.url() }).meta({ id: 'ProviderWay' })
export type ProviderWay = z.infer<typeof ProviderWay>

/** `GET /auth/providers`: who can sign a browser in here, by `/auth/oidc/<id>/start`. */
export const ProviderList = z
  .object({ providers: z.array(z.object({ id: ProviderId })) })
  .meta({ id: 'ProviderList' })
export type ProviderList = z.infer<typeof ProviderList>

export const IdentityId = z.string().regex(/^[0-9a-f]{16}$/)

/** A person at an identity provider who may sign in as a user of ours. */
export const IdentityView = z
  .object({
    id: IdentityId,
    provider: z.string().optional().meta({ description: 'Left out where it is no longer configured' }),
    subject: z.string(),
    linkedAt: Instant,
  })
  .meta({ id: 'Identity' })
export type IdentityView = z.infer<typeof IdentityView>

export const IdentityList = z.object({ identities: z.array(IdentityView) }).meta({ id: 'IdentityList' })
export type IdentityList = z.infer<typeof IdentityList>

export const IdentityAdded = z.object({ id: IdentityId }).meta({ id: 'IdentityAdded' })

/** One’s own identity is proved by an ID token of the provider. */
export const LinkOwnIdentity = z
  .strictObject({ idToken: z.string().regex(/^[ -~]{1,8192}$/) })
  .meta({ id: 'LinkOwnIdentity' })

export const LinkIdentity = z
  .strictObject({ provider: ProviderId, subject: z.string().regex(/^[\x21-\x7e]{1,255}$/) })
  .meta({ id: 'LinkIdentity' })
