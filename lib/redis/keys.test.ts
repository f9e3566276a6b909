import { expect, test } from 'vitest'
import { auditKeys, channels, fleetKeys, queueKeysIn, sessionKeys } from './keys.ts'

/** The part that Redis Cluster hashes: https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec */
const tagOf = (key: string) => /\{([^}]+)\}/.exec(key)?.[1]

type Name = string | ((...parts: string[]) => string | string[])

/** Without the lists, whose keys have makers of their own. */
const namesOf = (keys: Record<string, Name>, ...parts: string[]) =>
  Object.values(keys)
    .map((name) => (typeof name === 'string' ? name : name(...parts)))
    .filter((made) => typeof made === 'string')

test('keeps every key of a partition in one slot, the fleet’s in the first one’s', () => {
  expect(new Set(namesOf(queueKeysIn(0), 'north', 'x').map(tagOf))).toEqual(new Set(['tebra']))
  expect(new Set(namesOf(queueKeysIn(3), 'north', 'x').map(tagOf))).toEqual(new Set(['tebra:3']))
  expect(new Set(namesOf(fleetKeys, 'north').map(tagOf))).toEqual(new Set(['tebra']))
})

test('keeps what the session check reads in the practice’s slot', () => {
  const keys = [
    sessionKeys.session('north', 'hash'),
    sessionKeys.access('north', 'user'),
    sessionKeys.accessPrefix('north'),
    sessionKeys.epoch('north'),
    sessionKeys.roles('north'),
    sessionKeys.ticket('north', 'hash'),
    sessionKeys.openStreams('north'),
    sessionKeys.dataKeys('north'),
    sessionKeys.secondFactorRoles('north'),
  ]
  expect(new Set(keys.map(tagOf))).toEqual(new Set(['p:north']))
})

test('keeps a practice’s audit log and its head in one slot, apart from its sessions', () => {
  expect(new Set(namesOf(auditKeys, 'north').map(tagOf))).toEqual(new Set(['audit:north']))
})

test('never gives two things the same name', () => {
  const names = [
    ...namesOf(queueKeysIn(0), 'north', 'x'),
    ...namesOf(queueKeysIn(1), 'north', 'x'),
    ...namesOf(fleetKeys, 'north'),
    ...namesOf(sessionKeys, 'north', 'x'),
    ...namesOf(auditKeys, 'north'),
    ...namesOf(channels),
  ]
  expect(new Set(names).size).toBe(names.length)
})

test('makes prefixes that continue to the key', () => {
  expect(sessionKeys.access('north', 'u')).toBe(`${sessionKeys.accessPrefix('north')}u`)
  for (const [name, key] of Object.entries({
    epoch: sessionKeys.epoch('north'),
    roles: sessionKeys.roles('north'),
    'second-factor-roles': sessionKeys.secondFactorRoles('north'),
    'access:u': sessionKeys.access('north', 'u'),
    'session:h': sessionKeys.session('north', 'h'),
    'user:u': sessionKeys.user('north', 'u'),
  }))
    expect(key).toBe(sessionKeys.practicePrefix('north') + name)
  expect(sessionKeys.session('north', 'h')).toBe(`${sessionKeys.sessionPrefix('north')}h`)
  expect(sessionKeys.sessionsOf('north', 'u')).toBe(`${sessionKeys.sessionsOfPrefix('north')}u`)
})
