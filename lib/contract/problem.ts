import { z } from 'zod'
import { AssuranceLevel } from './session.ts'

/** Every error a caller can meet: code → status and title. The one place where a code is made. */
export const problems = {
  'malformed-body': [400, 'The body is not valid JSON'],
  'invalid-credentials': [401, 'The e-mail address or the password is wrong'],
  'first-password-expired': [401, 'The first password has expired: ask for a new one'],
  'mfa-required': [401, 'A second factor is needed'],
  'invalid-passkey': [401, 'The passkey was not accepted'],
  'invalid-code': [401, 'The code is wrong, was used before, or is too old'],
  'federation-refused': [401, 'This sign-in by another provider is not accepted here'],
  unauthenticated: [401, 'Sign in first'],
  forbidden: [403, 'Your role does not permit this'],
  'bad-origin': [403, 'The request does not come from this site'],
  'step-up-required': [403, 'Prove again who you are'],
  'password-change-required': [403, 'Choose a password of your own first'],
  'not-found': [404, 'There is nothing here under that name'],
  'method-not-allowed': [405, 'That method is not offered here'],
  'idempotency-conflict': [409, 'The idempotency key was used with another body'],
  'already-started': [409, 'The upstream call has begun and cannot be taken back'],
  'emergency-active': [409, 'Emergency access is running already'],
  'already-ended': [409, 'The request has ended'],
  'params-refused': [409, 'These are not params of the request’s action'],
  'not-a-dead-letter': [409, 'The request is not, or no longer, this dead letter'],
  'confirm-required': [409, 'This may have been written already: confirm that it was not'],
  'second-factor-required': [409, 'Your role demands a second factor: enrol another one first'],
  'passkey-refused': [409, 'This passkey is known already, or there are too many'],
  'enrolment-gone': [409, 'The enrolment is over or was used: begin again'],
  'too-many-identities': [409, 'The account has as many identities as it may have'],
  'already-linked': [409, 'That identity opens another account'],
  'already-exists': [409, 'There is one under that name already'],
  'limit-reached': [409, 'There are as many as there may be'],
  'last-admin': [409, 'Nobody would be left who may manage users'],
  'weak-password': [409, 'That password is too easy to guess for this account'],
  'version-conflict': [409, 'Somebody else changed this meanwhile'],
  'body-too-large': [413, 'The body is too large'],
  'unsupported-media-type': [415, 'Send application/json'],
  'invalid-request': [422, 'Some fields are missing or wrong'],
  'too-many-requests': [429, 'Too many requests'],
  internal: [500, 'Something went wrong on our side'],
  'redis-unavailable': [503, 'The service cannot reach its store'],
  'archive-unavailable': [503, 'The archive of the audit log cannot be reached'],
  'key-service-unavailable': [503, 'The key service cannot be reached'],
  'not-durable': [503, 'The request could not be stored safely'],
  'provider-unavailable': [503, 'The identity provider does not answer'],
  'queue-full': [503, 'The queue is full'],
  'queue-moving': [503, 'The queue is being rearranged'],
  'over-capacity': [503, 'Too many open streams'],
  draining: [503, 'The service is shutting down'],
} as const satisfies Record<string, readonly [number, string]>

export type ProblemCode = keyof typeof problems
const codes = Object.keys(problems) as [ProblemCode, ...ProblemCode[]]

/** RFC 9457 problem details, sent as `application/problem+json`; `errors` names each bad field of a 422. */
export const Problem = z
  .object({
    type: z.string().meta({ examples: ['urn:problem:invalid-request'] }),
    title: z.string().meta({ description: 'one sentence for a person, the same for each of a code' }),
    status: z.int(),
    code: z.enum(codes).meta({ description: 'what a program tells errors apart by' }),
    requestId: z.string().meta({ description: 'names the request in our logs' }),
    detail: z.string().optional(),
    errors: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .optional()
      .meta({ description: 'what is wrong with which field; the path’s steps are joined by dots' }),
    challengeId: z.string().optional().meta({ description: 'mfa-required: goes to POST /auth/login/mfa' }),
    methods: z
      .array(z.string())
      .optional()
      .meta({ description: 'mfa-required and step-up-required: second factors that will do' }),
    needs: z
      .object({ aal: AssuranceLevel.optional(), freshMs: z.int().optional() })
      .optional()
      .meta({ description: 'step-up-required: the level, and the age in ms a proof may have at most' }),
  })
  .meta({ id: 'Problem' })
export type Problem = z.infer<typeof Problem>
