import { Hono } from 'hono'
import { expect, test } from 'vitest'
import { clientAddress, limitedPart } from './client-address.ts'

const ask = async (trusted: number, forwarded: string | undefined, address?: string) => {
  const app = new Hono().get('/', (c) => c.text(clientAddress(c, trusted)))
  const headers: Record<string, string> = forwarded === undefined ? {} : { 'X-Forwarded-For': forwarded }
  return (await app.request('/', { headers }, address === undefined ? undefined : { address })).text()
}

test.each([
  ['the peer where no proxy is trusted', 0, '192.0.2.1', '192.0.2.9'],
  ['the last entry behind one proxy', 1, '10.0.0.1, 192.0.2.1', '192.0.2.1'],
  ['the last but one behind two', 2, '10.0.0.1, 192.0.2.1, 192.0.2.5', '192.0.2.1'],
  ['the peer where the header is too short', 3, '192.0.2.1', '192.0.2.9'],
  ['the peer where the header is no address', 1, 'me', '192.0.2.9'],
  ['the peer where there is no header', 1, undefined, '192.0.2.9'],
])('is %s', async (_, trusted, forwarded, expected) => {
  expect(await ask(trusted, forwarded, '192.0.2.9')).toBe(expected)
})

test('is one name for all whose connection is not known', async () => {
  expect(await ask(0, undefined)).toBe('unknown')
})

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002::9', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
])('%s counts as %s', (address, expected) => {
  expect(limitedPart(address)).toBe(expected)
})
