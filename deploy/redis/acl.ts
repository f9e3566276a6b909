/** The ACL users of the three services: each may do its part and nothing else (Redis 7, ACL SETUSER rules). */

export interface RedisPasswords {
  readonly 'auth-session': string
  readonly 'tebra-proxy-worker': string
  readonly 'stream-sse': string
  readonly operator: string
}

const commands = '+@all -@admin -@dangerous +info +config|get -@scripting +eval +evalsha +eval_ro +evalsha_ro'

/** What the session guard reads in the sibling services; it writes only touches and what rate limits count. */
const guard = [
  '%R~{p:*}:session:*',
  '%R~{p:*}:access:*',
  '%R~{p:*}:epoch',
  '%R~{p:*}:roles',
  '%R~{p:*}:datakeys',
  '%R~{p:*}:second-factor-roles',
  '~{p:*}:rate:*',
  '%W~touches',
].join(' ')

/** Appending to the audit chains; nothing that takes an entry away is in it. */
const appendAudit =
  '(~{audit:*}:log ~{audit:*}:head +eval +evalsha +hmget +hset +xadd) (~audit-practices +sadd)'

/** Reading the chains, writing their checkpoints, and trimming behind those; it cannot delete a log. */
const keepAudit = [
  '(~{audit:*}:log +xrange +xrevrange +xtrim)',
  '(~{audit:*}:* +eval +evalsha +hget)',
  '(~{audit:*}:lease +hmget +hset +pexpire +del)',
  '(~audit-practices +smembers)',
].join(' ')

/**
 * Nobody can be the default user, but Redis 7.0 reads its append-only file as that user: without permissions every
 * step of several writes (MULTI, a script) is left out in silence at the next start.
 */
const nobody = 'user default off ~* &* +@all'

/** The events of each partition of the queue, and the epoch that a lost history gets. */
const readEvents = ['{tebra}', '{tebra:*}']
  .map((tag) => `%R~${tag}:status %R~${tag}:responses %R~${tag}:partitions ~${tag}:epoch`)
  .join(' ')

/** Appending to the event bus of each partition, and reading it. */
const eventBus = ['{tebra}', '{tebra:*}']
  .map((tag) => `~${tag}:events ~${tag}:events:* ~${tag}:event-idem:*`)
  .join(' ')

/** The lines of an ACL file. The default user is off; `operator` may do everything. */
export function aclFile(passwords: RedisPasswords): string {
  const user = (name: keyof RedisPasswords, rules: string) =>
    `user ${name} on >${passwords[name]} resetchannels ${rules}`
  return `${[
    nobody,
    user('operator', '~* &* +@all'),
    user(
      'auth-session',
      `~{p:*}:* ~login:* ~attempts:* ~rate:* ~challenge:* ~oidc:* ~signing-keys ~touches ~emergencies-due ${eventBus} &session-ended ${commands} ${appendAudit} ${keepAudit}`,
    ),
    user(
      'tebra-proxy-worker',
      `~{tebra}:* ~{tebra:*}:* ~{p:*}:seals ${guard} &breaker ${commands} ${appendAudit}`,
    ),
    user(
      'stream-sse',
      `${readEvents} ${eventBus} ~{p:*}:ticket:* ~{p:*}:open-streams ~{p:*}:seals ~stream-instances ~stream-instance:* ${guard} &session-ended ${commands} ${appendAudit}`,
    ),
  ].join('\n')}\n`
}
