import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { settingsOf, writeSettings } from './settings.ts'

const run = { document: 'http://localhost/openapi.json', requestTimeoutSeconds: 7 }

test('a run fails where an operation was never reached', () => {
  const text = settingsOf(run, '/people.json')
  expect(text).toContain(
    'fail-on = ["missing_auth","rate_limited","validation_mismatch","unsupported_regex"]',
  )
  expect(text).toContain('request-timeout = 7\n')
  expect(text).not.toContain('[auth')
})

test('names what exists, and excuses from being let in only what nobody can guess', () => {
  const text = settingsOf({ ...run, parameters: { 'path.id': 'a"b' }, unguessable: '^POST /a\\{b\\}$' }, 'x')
  expect(text).toContain('[parameters]\n"path.id" = "a\\"b"\n')
  expect(text).toContain('[[operations]]\ninclude-name-regex = "^POST /a\\\\{b\\\\}$"\nwarnings = false\n')
})

test('lets it fetch a session of its own for each of two people, who must not see what is the other’s', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'settings-'))
  try {
    const sessions = { caller: 'http://desk/a', neighbour: 'http://desk/b' }
    const text = await readFile(await writeSettings(folder, { ...run, sessions }), 'utf8')
    expect(text).toContain('user = "caller"\npeers = ["caller", "neighbour"]\n')
    const { auth } = JSON.parse(await readFile(join(folder, 'people.json'), 'utf8'))
    expect(auth).toMatchObject([
      { name: 'caller', loginEndpointAuth: { externalEndpointURL: 'http://desk/a' } },
      { name: 'neighbour', loginEndpointAuth: { externalEndpointURL: 'http://desk/b' } },
    ])
  } finally {
    await rm(folder, { recursive: true })
  }
})
