import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { acceptedAnswer, responseFrame, startFakeServices } from '#lib/client/testing/fake-services.ts'
import { buildClientPackage } from './build.ts'

const run = promisify(execFile)
const root = new URL('../../', import.meta.url).pathname
const services = startFakeServices()
let folder: string
let app: string

/** An application that gets the library as anybody would: packed, installed and imported by its name. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'client-package-'))
  const built = join(folder, 'built')
  app = join(folder, 'app')
  await mkdir(app)
  await buildClientPackage(built)
  // What the application needs beside it comes from this machine, so that no registry is asked.
  const sources = [
    built,
    ...['zod', 'react', '@types/react', 'csstype'].map((name) => join(root, 'node_modules', name)),
  ]
  const tarballs: string[] = []
  for (const source of sources) {
    const { stdout } = await run('npm', [
      'pack',
      '--silent',
      '--ignore-scripts',
      '--pack-destination',
      folder,
      source,
    ])
    tarballs.push(join(folder, stdout.trim()))
  }
  await writeFile(join(app, 'package.json'), '{ "name": "app", "private": true, "type": "module" }')
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', '--ignore-scripts', ...tarballs], {
    cwd: app,
  })
}, 240_000)
afterAll(async () => {
  await services.stop()
  await rm(folder, { recursive: true, force: true })
})

const sample = `
import { AuthClient, createEvents, EventConnection, TebraCallError, TebraClient, type SessionAnswer } from '@workflow-bolt/client'
import { FakeEvents, fakeTebra } from '@workflow-bolt/client/testing'

const baseUrl = process.argv[2] ?? ''
const signedIn: SessionAnswer | undefined = await new AuthClient({ baseUrl }).session()
if (signedIn !== undefined) throw new Error('nobody is signed in')
const events = createEvents({ streams: ['tebra:responses', 'tebra:status'], sessionId: 'none', baseUrl })
if (!(events instanceof EventConnection)) throw new Error('a program has no tabs')
const client = new TebraClient({ events, baseUrl })
const { data, meta } = await client.ask('getProviders', {}, { cache: 'prefer', timeoutMs: 5000 })
const names: readonly string[] = data.map((provider) => provider.fullName)
const source: 'cache' | 'upstream' | undefined = meta?.source
// @ts-expect-error: the types know what each action needs
const wrong = () => client.call('getPatient', { patient: 1 })

const fake = new FakeEvents()
fake.open()
const refused = new TebraClient({ events: fake, fetch: fakeTebra(fake, {}) })
const code = await refused.call('getProviders', {}).catch((error: unknown) => error instanceof TebraCallError && error.code)
console.log(JSON.stringify({ names, source, code, wrong: typeof wrong }))
`
const reactSample = `
import { type TebraClient, type EventStream } from '@workflow-bolt/client'
import { useSchedule, useTebraRequest } from '@workflow-bolt/client/react'

export function Day({ client, events }: { readonly client: TebraClient; readonly events: EventStream }) {
  const { schedule, meta } = useSchedule(client, { events })
  const { state } = useTebraRequest(client, 'getPatient')
  const name: string | undefined = state.kind === 'done' ? state.data.lastName : undefined
  return [schedule?.appointments.length, meta?.stale, name]
}
`
const strict = {
  compilerOptions: {
    target: 'es2024',
    module: 'nodenext',
    lib: ['es2024', 'dom'],
    types: [],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noEmitOnError: true,
  },
  files: ['sample.ts', 'day.ts', 'process.d.ts'],
}

test('installs from its tarball, type-checks in a strict application and runs there', async () => {
  await writeFile(join(app, 'sample.ts'), sample)
  await writeFile(join(app, 'day.ts'), reactSample)
  await writeFile(join(app, 'process.d.ts'), 'declare const process: { readonly argv: readonly string[] }')
  await writeFile(join(app, 'tsconfig.json'), JSON.stringify(strict))
  const { stdout } = await run(join(root, 'node_modules/.bin/tsc'), ['-p', app], { cwd: app }).catch(
    (error) => error,
  )
  expect(stdout).toBe('')

  services.on.submit = ({ correlationId }) => {
    const data = [{ id: '7', fullName: 'Dr. Ada Quist', active: true }]
    queueMicrotask(() => services.streams.at(-1)?.send(responseFrame(correlationId, { data })))
    return acceptedAnswer(correlationId)
  }
  services.on.read = () =>
    Response.json({
      id: 'r',
      status: 'success',
      data: [{ id: '7', fullName: 'Dr. Ada Quist', active: true }],
      source: 'cache',
      stale: false,
      ageMs: 5,
      timeline: [],
    })
  services.on.other = () =>
    new Response(null, { status: 401, headers: { 'content-type': 'application/problem+json' } })
  const ran = await run('node', ['sample.js', services.url], { cwd: app, timeout: 20_000 })
  expect(JSON.parse(ran.stdout)).toEqual({
    names: ['Dr. Ada Quist'],
    source: 'cache',
    code: 'refused',
    wrong: 'function',
  })
})

test('has one class of each error, whichever entry it is imported through', async () => {
  const files = (await readdir(join(folder, 'built'), { recursive: true })).filter((name) =>
    name.endsWith('.js'),
  )
  const texts = await Promise.all(files.map((name) => readFile(join(folder, 'built', name), 'utf8')))
  for (const name of ['TebraCallError', 'ServiceError', 'EventStream'])
    expect(
      texts.filter((text) => new RegExp(`class ${name}\\d* `).test(text)),
      name,
    ).toHaveLength(1)
})

test('brings no validator, no React and no name of this repository along', async () => {
  const built = join(folder, 'built')
  for (const name of await readdir(built, { recursive: true })) {
    if (!/\.(js|d\.ts)$/.test(name)) continue
    const text = await readFile(join(built, name), 'utf8')
    expect(text, name).not.toMatch(/['"]#lib\/|ZodError|['"]\.[^'"]*\.ts['"]/)
    if (name !== 'react.js' && name.endsWith('.js')) expect(text, name).not.toMatch(/from ?["']react["']/)
  }
})
