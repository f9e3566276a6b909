/** The ACL users of the three services: each may do its part and nothing else (Redis 7, ACL SETUSER rules). */

export interface RedisPasswords {
  readonly 'auth-session': string
  readonly 'tebra-proxy-worker': string
  readonly 'stream-sse': string
  readonly operator: string
}

const commands = '+@all -@admin -@dangerous +info +config|get -@scripting +eval +evalsha +eval_ro +evalsha_ro'

/** What the session guard reads in the sibling services; it writes only to the touch stream. */
const guard = [
  '%R~{p:*}:session:*',
  '%R~{p:*}:access:*',
  '%R~{p:*}:epoch',
  '%R~{p:*}:roles',
  '%R~{p:*}:datakeys',
  '%W~touches',
].join(' ')

/** Appending to the audit chains; nothing that takes an entry away is in it. */
const appendAudit = '(~{audit:*}:* +eval +evalsha +hmget +hset +xadd)'

/**
 * Nobody can be the default user, but Redis 7.0 reads its append-only file as that user: without permissions every
 * step of several writes (MULTI, a script) is left out in silence at the next start.
 */
const nobody = 'user default off ~* &* +@all'

/** The lines of an ACL file. The default user is off; `operator` may do everything. */
export function aclFile(passwords: RedisPasswords): string {
  const user = (name: keyof RedisPasswords, rules: string) =>
    `user ${name} on >${passwords[name]} resetchannels ${rules}`
  return `${[
    nobody,
    user('operator', '~* &* +@all'),
    user(
      'auth-session',
      `~{p:*}:* ~login:* ~attempts:* ~challenge:* ~touches &session-ended ${commands} ${appendAudit}`,
    ),
    user('tebra-proxy-worker', `~{tebra}:* ${guard} &breaker ${commands} ${appendAudit}`),
    user(
      'stream-sse',
      `%R~{tebra}:status %R~{tebra}:responses ~{tebra}:epoch ~{p:*}:ticket:* ${guard} &session-ended ${commands} ${appendAudit}`,
    ),
  ].join('\n')}\n`
}
