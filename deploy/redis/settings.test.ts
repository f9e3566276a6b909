import { expect, test } from 'vitest'
import { sentinelFile, serverSettings, settingsFile } from './settings.ts'

test('writes a redis.conf in which an empty value is not left out', () => {
  expect(settingsFile(serverSettings)).toContain('appendonly yes\nappendfsync everysec\nsave ""\n')
})

test('writes a sentinel.conf with the primary, the quorum and how Sentinel signs in', () => {
  const primary = { host: 'redis.example', port: 6379 }
  const user = { name: 'operator', password: 'secret' }
  const text = sentinelFile({ name: 'queue', port: 26379, folder: '/data', primary, quorum: 2, user })
  expect(text).toContain('sentinel monitor queue redis.example 6379 2\n')
  expect(text).toContain('sentinel auth-user queue operator\nsentinel auth-pass queue secret\n')
})
