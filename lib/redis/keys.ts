/**
 * Every key and channel name, made here and nowhere else. No PHI in a key, ever.
 *
 * Keys that one script touches share a hash tag, so that the same code runs on Redis Cluster: `{tebra}` for the
 * queue, `{p:<practice>}` for a practice's sessions and permissions, `{audit:<practice>}` for its audit chain.
 */

const queue = (name: string) => `{tebra}:${name}`
const practice = (id: string, name: string) => `{p:${id}}:${name}`

export const queueKeys = {
  requests: queue('requests'),
  status: queue('status'),
  responses: queue('responses'),
  /** Random; a new one means that the streams have lost what clients have seen. */
  epoch: queue('epoch'),
  delayed: queue('delayed'),
  /** Ids of a practice's dead letters, by time of death. */
  dead: (practiceId: string) => queue(`dead:${practiceId}`),
  /** Sum of the bytes of accepted and not yet ended requests. */
  bytes: queue('bytes'),
  /** Ids of accepted and not yet ended requests, by time of submission. */
  open: queue('open'),
  workers: queue('workers'),
  /** How much of the queue a practice has, and with a suffix the lists of what waits beyond that. */
  practiceQueue: (practiceId: string) => queue(`practice:${practiceId}`),
  /** Requests about one patient or appointment in their order; the digest names it without telling who. */
  lane: (practiceId: string, digest: string) => queue(`lane:${practiceId}:${digest}`),
  request: (id: string) => queue(`request:${id}`),
  idempotency: (practiceId: string, key: string) => queue(`idem:${practiceId}:${key}`),
  limit: (account: string, operation: string) => queue(`limit:${account}:${operation}`),
  /** What the vendor states of an account's intervals (GetThrottles). */
  intervals: (account: string) => queue(`intervals:${account}`),
  /** The sealed answer of one read; the digest is keyed, so it does not tell what was asked. */
  cacheEntry: (practiceId: string, action: string, digest: string) =>
    queue(`cache:${practiceId}:${action}:${digest}`),
  /** Held by the one worker that asks the upstream for that answer now. */
  cacheFlight: (practiceId: string, action: string, digest: string) =>
    queue(`cache-flight:${practiceId}:${action}:${digest}`),
  /** Changes whenever a write touches the subject; an entry of another generation is void. */
  cacheGeneration: (practiceId: string, subject: string) =>
    queue(`cache-generation:${practiceId}:${subject}`),
  /** A practice's entries by their end, and their bytes. */
  cacheEnds: (practiceId: string) => queue(`cache-ends:${practiceId}`),
  cacheBytes: (practiceId: string) => queue(`cache-bytes:${practiceId}`),
  /** Held by the request that may find out whether the upstream is back. */
  cacheProbe: (upstream: string) => queue(`cache-probe:${upstream}`),
  breaker: (upstream: string) => queue(`breaker:${upstream}`),
  /** Workers whose own breaker is open now, by the time of their report. */
  breakerReporters: (upstream: string) => queue(`breaker-reporters:${upstream}`),
  /** What an operator should hear of, once each: trouble that starts or ends. */
  alerts: queue('alerts'),
  worker: (name: string) => queue(`worker:${name}`),
  /** Newest request ids of one user, and of one practice, by time of submission. */
  userHistory: (practiceId: string, userId: string) => queue(`history:${practiceId}:${userId}`),
  practiceHistory: (practiceId: string) => queue(`history:${practiceId}`),
} as const

export const sessionKeys = {
  session: (practiceId: string, tokenHash: string) => practice(practiceId, `session:${tokenHash}`),
  /** What the guard reads of a user: roles, epoch, disabled. Credentials stand apart in `user`. */
  access: (practiceId: string, userId: string) => practice(practiceId, `access:${userId}`),
  accessPrefix: (practiceId: string) => practice(practiceId, 'access:'),
  epoch: (practiceId: string) => practice(practiceId, 'epoch'),
  roles: (practiceId: string) => practice(practiceId, 'roles'),
  dataKeys: (practiceId: string) => practice(practiceId, 'datakeys'),
  user: (practiceId: string, userId: string) => practice(practiceId, `user:${userId}`),
  sessionsOf: (practiceId: string, userId: string) => practice(practiceId, `sessions:${userId}`),
  /** What the key builders above put before a token's hash or a user's id; scripts append what they read. */
  sessionPrefix: (practiceId: string) => practice(practiceId, 'session:'),
  sessionsOfPrefix: (practiceId: string) => practice(practiceId, 'sessions:'),
  /** A sign-in that waits for its second factor; its bearer does not say of which practice it is. */
  challenge: (hash: string) => `challenge:${hash}`,
  login: (emailDigest: string) => `login:${emailDigest}`,
  attempts: (digest: string) => `attempts:${digest}`,
  touches: 'touches',
  /** A one-time ticket for an EventSource that cannot send the cookie. */
  ticket: (practiceId: string, hash: string) => practice(practiceId, `ticket:${hash}`),
} as const

export const auditKeys = {
  log: (practiceId: string) => `{audit:${practiceId}}:log`,
  head: (practiceId: string) => `{audit:${practiceId}}:head`,
} as const

export const channels = {
  /** A session, a user or a practice lost its access: `SessionEnded` as JSON. */
  sessionEnded: 'session-ended',
  /** The breaker of the upstream form named in the message has changed. */
  breaker: 'breaker',
} as const
