import { expect, test } from 'vitest'
import { isRedisUnavailable } from './unavailable.ts'

const named = (name: string) => Object.assign(new Error('x'), { name })

test.each([
  "READONLY You can't write against a read only replica.",
  'LOADING Redis is loading the dataset in memory',
  'MASTERDOWN Link with MASTER is down',
  "OOM command not allowed when used memory > 'maxmemory'.",
  'MISCONF Redis is configured to save RDB snapshots',
  'NOREPLICAS Not enough good replicas to write.',
  'CLUSTERDOWN The cluster is down',
  'TRYAGAIN Multiple keys request during rehashing of slot',
  'BUSY Redis is busy running a script.',
  'UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)',
  'Command aborted due to connection close',
  "Socket timeout. Expecting data, but didn't receive any in 3000ms.",
  'getaddrinfo ENOTFOUND redis.example',
  'Too many Cluster redirections. Last error: Error: MOVED 1 127.0.0.1:1',
  "Cluster isn't ready and enableOfflineQueue options is false",
  'None of startup nodes is available',
  'Failed to refresh slots cache.',
  'All sentinels are unreachable. Retrying from scratch after 50ms.',
  "Stream isn't writeable and enableOfflineQueue options is false",
  'Connection is closed.',
  'Command timed out',
  'connect ECONNREFUSED 127.0.0.1:6379',
  'connect ETIMEDOUT',
  'read ECONNRESET',
  'write EPIPE',
  'Reached the max retries per request limit (which is 0).',
])('takes it that Redis is away: %s', (message) => {
  expect(isRedisUnavailable(new Error(message))).toBe(true)
})

test('knows the driver’s own error by its name', () => {
  expect(isRedisUnavailable(named('MaxRetriesPerRequestError'))).toBe(true)
})

test.each([
  'WRONGTYPE Operation against a key holding the wrong kind of value',
  'ERR value is not an integer or out of range',
  'NOPERM this user has no permissions',
  'BUSYGROUP Consumer Group name already exists',
  'NOSCRIPT No matching script.',
  'the patient is READONLY',
  '',
])('takes it for a mistake of ours: %s', (message) => {
  expect(isRedisUnavailable(new Error(message))).toBe(false)
})

test.each([undefined, null, 'Connection is closed.', { message: 'Connection is closed.' }])(
  'takes nothing that is not an error: %s',
  (thrown) => {
    expect(isRedisUnavailable(thrown)).toBe(false)
  },
)
