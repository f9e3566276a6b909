/**
 * Every key and channel name, made here and nowhere else. No PHI in a key, ever.
 *
 * Keys that one step touches share a hash tag, so that the same code runs on Redis Cluster: `{tebra}` for the
 * queue (`{tebra:<n>}` for its further partitions), `{p:<practice>}` for a practice's sessions and permissions,
 * `{audit:<practice>}` for its audit chain. Checks of sessions are sent several in a script; in a Cluster those of one
 * practice.
 */

const practice = (id: string, name: string) => `{p:${id}}:${name}`

/** The keys of one partition of the queue. Which one holds a practice says partitions.ts. */
export const queueKeysIn = (partition: number) => {
  const queue = (name: string) => `${partition === 0 ? '{tebra}' : `{tebra:${partition}}`}:${name}`
  return {
    /** How many partitions there are, as the queue itself remembers; 0 while practices are being moved. */
    partitions: queue('partitions'),
    requests: queue('requests'),
    status: queue('status'),
    responses: queue('responses'),
    /** Random; a new one means that the streams have lost what clients have seen. */
    epoch: queue('epoch'),
    /**
     * The event bus: the events of all practices, which each stream-sse follows, and the same per practice, which is
     * what a client that comes back is told from: a loud practice trims nobody else's history.
     */
    events: queue('events'),
    practiceEvents: (practiceId: string) => queue(`events:${practiceId}`),
    eventIdempotency: (practiceId: string, digest: string) => queue(`event-idem:${practiceId}:${digest}`),
    delayed: queue('delayed'),
    /** Ids of a practice's dead letters, by time of death. */
    dead: (practiceId: string) => queue(`dead:${practiceId}`),
    /** Sum of the bytes of accepted and not yet ended requests. */
    bytes: queue('bytes'),
    /** Ids of accepted and not yet ended requests, by time of submission. */
    open: queue('open'),
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
    /** Newest request ids of one user, and of one practice, by time of submission. */
    userHistory: (practiceId: string, userId: string) => queue(`history:${practiceId}:${userId}`),
    practiceHistory: (practiceId: string) => queue(`history:${practiceId}`),
    /** Locks of the worker that moves, sweeps and tidies for all, and of the one that takes over what lapsed. */
    leader: queue('leader'),
    reaper: queue('reaper'),
    /** Tebra accounts whose credentials were refused, by when they are tried again; and what is known of each. */
    stops: queue('stops'),
    stop: (account: string) => queue(`stop:${account}`),
    /** Practices whose line is held because their account is stopped. */
    held: queue('held'),
  } as const
}

export type QueueKeys = ReturnType<typeof queueKeysIn>

const fleet = (name: string) => `{tebra}:${name}`

/** What all workers share, whichever partitions they read. */
export const fleetKeys = {
  /** Live workers by their last heartbeat. */
  workers: fleet('workers'),
  worker: (name: string) => fleet(`worker:${name}`),
  breaker: (upstream: string) => fleet(`breaker:${upstream}`),
  /** Workers whose own breaker is open now, by the time of their report. */
  breakerReporters: (upstream: string) => fleet(`breaker-reporters:${upstream}`),
  /** What an operator should hear of, once each: trouble that starts or ends; what stands now; what has been told. */
  alerts: fleet('alerts'),
  alertsOpen: fleet('alerts-open'),
  alertsTold: fleet('alerts-told'),
  /** How the queue and Redis stood in the last hour. */
  samples: fleet('samples'),
  /** Lock of the process that watches for trouble and tells of it. */
  watch: fleet('watch'),
  /** Held by the one run that changes the number of partitions. */
  partitionsLock: fleet('partitions-lock'),
  /** Held by the request that may find out whether the upstream is back. */
  cacheProbe: (upstream: string) => fleet(`cache-probe:${upstream}`),
} as const

export const sessionKeys = {
  /** What stands before all of a practice's names here; the guard's scripts append those that they read. */
  practicePrefix: (practiceId: string) => practice(practiceId, ''),
  session: (practiceId: string, tokenHash: string) => practice(practiceId, `session:${tokenHash}`),
  /** What the guard reads of a user: roles, epoch, disabled. Credentials stand apart in `user`. */
  access: (practiceId: string, userId: string) => practice(practiceId, `access:${userId}`),
  accessPrefix: (practiceId: string) => practice(practiceId, 'access:'),
  epoch: (practiceId: string) => practice(practiceId, 'epoch'),
  roles: (practiceId: string) => practice(practiceId, 'roles'),
  dataKeys: (practiceId: string) => practice(practiceId, 'datakeys'),
  /** How many values each data key has sealed, as taken in advance: one number for each key id. */
  seals: (practiceId: string) => practice(practiceId, 'seals'),
  rolesVersion: (practiceId: string) => practice(practiceId, 'roles-version'),
  user: (practiceId: string, userId: string) => practice(practiceId, `user:${userId}`),
  /** Ids of the practice's users, and of its programs, which sort by time of making. */
  users: (practiceId: string) => practice(practiceId, 'users'),
  programs: (practiceId: string) => practice(practiceId, 'programs'),
  program: (practiceId: string, id: string) => practice(practiceId, `program:${id}`),
  /** Accounts of the same person in other practices, `<practice>/<user>`, from which this one may be entered. */
  links: (practiceId: string, userId: string) => practice(practiceId, `links:${userId}`),
  sessionsOf: (practiceId: string, userId: string) => practice(practiceId, `sessions:${userId}`),
  /** A sealed TOTP secret that waits for its first code. */
  totpEnrolment: (practiceId: string, userId: string) => practice(practiceId, `totp-enrolment:${userId}`),
  /** Hashes of the recovery codes that are left. */
  recoveryCodes: (practiceId: string, userId: string) => practice(practiceId, `recovery-codes:${userId}`),
  /** Sealed passkeys by id; how often and when each was used stands apart, in plain numbers. */
  passkeys: (practiceId: string, userId: string) => practice(practiceId, `passkeys:${userId}`),
  passkeyUses: (practiceId: string, userId: string) => practice(practiceId, `passkey-uses:${userId}`),
  /** All that is kept of a person beside their access and the audit log, which names nobody. */
  personalDataOf: (practiceId: string, userId: string) => [
    ...['user', 'sessions', 'links', 'identities', 'devices'].map((name) =>
      practice(practiceId, `${name}:${userId}`),
    ),
    ...secondFactorKeysOf(practiceId, userId),
  ],
  /** Roles that a practice adds to those that demand a second factor, separated by commas. */
  secondFactorRoles: (practiceId: string) => practice(practiceId, 'second-factor-roles'),
  /** What the key builders above put before a token's hash or a user's id; scripts append what they read. */
  sessionPrefix: (practiceId: string) => practice(practiceId, 'session:'),
  userPrefix: (practiceId: string) => practice(practiceId, 'user:'),
  sessionsOfPrefix: (practiceId: string) => practice(practiceId, 'sessions:'),
  /** A sign-in that waits for its second factor; its bearer does not say of which practice it is. */
  challenge: (hash: string) => `challenge:${hash}`,
  passkeyChallenge: (hash: string) => `challenge:passkey:${hash}`,
  login: (emailDigest: string) => `login:${emailDigest}`,
  attempts: (digest: string) => `attempts:${digest}`,
  /** Whose account a provider's subject opens; the digest names it without saying it. */
  identity: (digest: string) => `oidc:identity:${digest}`,
  /** A user's identities, sealed, by the first digits of their digests. */
  identities: (practiceId: string, userId: string) => practice(practiceId, `identities:${userId}`),
  /** A browser on its way to an identity provider and back. */
  oidcFlow: (hash: string) => `oidc:flow:${hash}`,
  /** An ID token that has signed somebody in. */
  spentToken: (hash: string) => `oidc:spent:${hash}`,
  /** The keys that internal tokens are signed with, sealed, by period. */
  signingKeys: 'signing-keys',
  touches: 'touches',
  /** What the practice shortened of the sessions' two time-outs. */
  sessionLimits: (practiceId: string) => practice(practiceId, 'session-limits'),
  /** Browsers and networks a user signed in from, by keyed digest and last use. */
  devices: (practiceId: string, userId: string) => practice(practiceId, `devices:${userId}`),
  /** One use of emergency access, the practice's uses by their begin, and those not yet ended, by when they are due. */
  emergency: (practiceId: string, id: string) => practice(practiceId, `emergency:${id}`),
  emergencies: (practiceId: string) => practice(practiceId, 'emergencies'),
  emergenciesDue: 'emergencies-due',
  /** How much of a rate limit is used up; `of` says whose, and for which kind of route. */
  rate: (practiceId: string, of: string) => practice(practiceId, `rate:${of}`),
  addressRate: (addressDigest: string) => `rate:${addressDigest}`,
  /** A one-time ticket for an EventSource that cannot send the cookie. */
  ticket: (practiceId: string, hash: string) => practice(practiceId, `ticket:${hash}`),
  /** Open event streams of the practice's users, by instance and user. */
  openStreams: (practiceId: string) => practice(practiceId, 'open-streams'),
} as const

/** The instances of stream-sse: their names by the last sign of life, and what each says of itself. */
export const streamInstances = {
  all: 'stream-instances',
  one: (name: string) => `stream-instance:${name}`,
} as const

/** All that stands of a user's second factors beside the user. */
export const secondFactorKeysOf = (practiceId: string, userId: string): string[] =>
  [sessionKeys.totpEnrolment, sessionKeys.recoveryCodes, sessionKeys.passkeys, sessionKeys.passkeyUses].map(
    (keyOf) => keyOf(practiceId, userId),
  )

export const auditKeys = {
  log: (practiceId: string) => `{audit:${practiceId}}:log`,
  /** Where the chain stands, whose turn it is to append, the last checkpoint, and where the log was trimmed. */
  head: (practiceId: string) => `{audit:${practiceId}}:head`,
  /** Held by the one process that writes this practice's checkpoints now. */
  lease: (practiceId: string) => `{audit:${practiceId}}:lease`,
} as const

/** Every practice that has an audit chain: a set without a chain's tag, so no chain's script touches it. */
export const auditedPractices = 'audit-practices'

export const channels = {
  /** A session, a user or a practice lost its access: `SessionEnded` as JSON. */
  sessionEnded: 'session-ended',
  /** The breaker of the upstream form named in the message has changed. */
  breaker: 'breaker',
} as const
