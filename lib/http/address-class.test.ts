import { expect, test } from 'vitest'
import { addressClassOf } from './address-class.ts'

test.each([
  ['127.0.0.1', 'loopback'],
  ['::1', 'loopback'],
  ['::ffff:127.0.0.1', 'loopback'],
  ['10.1.2.3', 'private'],
  ['172.31.255.255', 'private'],
  ['172.32.0.1', 'public'],
  ['192.168.1.1', 'private'],
  ['100.64.0.1', 'private'],
  ['169.254.1.1', 'private'],
  ['fd00::1', 'private'],
  ['fe80::1', 'private'],
  ['203.0.113.7', 'public'],
  ['::ffff:203.0.113.7', 'public'],
  ['2001:db8:1:2::/64', 'public'],
  ['', 'unknown'],
  ['unknown', 'unknown'],
  ['10.1.2.300', 'unknown'],
])('%s is of the class %s', (address, expected) => {
  expect(addressClassOf(address)).toBe(expected)
})
