import { expect, test } from 'vitest'
import { redisAt } from './redis-place.ts'

test('one server is what is meant where nothing else is said', () => {
  expect(redisAt({ REDIS_URL: 'redis://a.example' }, 'name')).toMatchObject({
    topology: 'single',
    name: 'name',
  })
})

test('Sentinels without the primary’s name, and several hosts of one server, are an operator’s mistake', () => {
  const REDIS_URL = 'redis://a.example,b.example'
  expect(() => redisAt({ REDIS_URL, REDIS_TOPOLOGY: 'sentinel' }, 'name')).toThrow('REDIS_SENTINEL_NAME')
  expect(() => redisAt({ REDIS_URL }, 'name')).toThrow('REDIS_TOPOLOGY')
})
