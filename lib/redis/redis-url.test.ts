import { expect, test } from 'vitest'
import { parseRedisUrl } from './redis-url.ts'

test('reads one host with its user, its password and TLS', () => {
  expect(parseRedisUrl('rediss://worker:p%40ss%3A1@redis.example:6380')).toEqual({
    tls: true,
    username: 'worker',
    password: 'p@ss:1',
    hosts: [{ host: 'redis.example', port: 6380 }],
  })
})

test('reads several hosts, with the port of Redis where none is named', () => {
  expect(parseRedisUrl('redis://a.example:26379,b.example,[::1]:7000')?.hosts).toEqual([
    { host: 'a.example', port: 26379 },
    { host: 'b.example', port: 6379 },
    { host: '::1', port: 7000 },
  ])
})

test.each(['redis://localhost', 'redis://localhost/', 'redis://localhost:6379/0'])('takes %s', (url) => {
  expect(parseRedisUrl(url)?.hosts).toEqual([{ host: 'localhost', port: 6379 }])
})

test.each([
  'http://localhost',
  'redis://',
  'redis://a,',
  'redis://a:port',
  'redis://a:70000',
  'redis://localhost/1',
  'redis://us%er@a',
  'redis://a b',
])('refuses %s', (url) => {
  expect(parseRedisUrl(url)).toBeUndefined()
})
