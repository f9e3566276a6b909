import { spawnSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readPipeline, scriptOf } from './pipeline.ts'

const pipeline = readPipeline(await readFile(new URL('../cloudbuild.yaml', import.meta.url), 'utf8'))
let folder = ''

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pipeline-'))
  await mkdir(join(folder, '.build'))
  await mkdir(join(folder, 'node_modules/.bin'), { recursive: true })
  for (const service of ['auth-session', 'tebra-proxy-worker', 'stream-sse']) {
    await writeFile(join(folder, '.build', service), `registry/${service}@sha256:0`)
    await writeFile(join(folder, '.build', `${service}.before`), `${service}-old=100\n`)
  }
  await writeFile(join(folder, '.build/worker.before'), 'worker-old=100\n')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** A program that notes how it was called and then does what `body` says. */
async function fake(path: string, body: string): Promise<void> {
  await writeFile(join(folder, path), `#!/bin/bash\necho "\${0##*/} $*" >> "${folder}/calls"\n${body}\n`)
  await chmod(join(folder, path), 0o755)
}

async function run(id: string): Promise<{ status: number | null; calls: string[]; stderr: string }> {
  const step = pipeline.steps.find((candidate) => candidate.id === id)
  if (!step) throw new Error(`no step ${id}`)
  const script = scriptOf(step, { ...pipeline.substitutions, _ORIGIN: 'https://clinic.example' }) ?? ''
  const done = spawnSync('bash', [...step.args.slice(0, -1), script], {
    cwd: folder,
    encoding: 'utf8',
    env: {
      PATH: `${folder}:/usr/bin:/bin`,
      SERVICES: 'auth-session tebra-proxy-worker stream-sse',
      SUFFIX: 'new',
    },
  })
  const calls = await readFile(join(folder, 'calls'), 'utf8').catch(() => '')
  return { status: done.status, calls: calls.split('\n').filter(Boolean), stderr: done.stderr }
}

const moves = (calls: string[]) =>
  calls.filter((call) => call.includes('--to-revisions')).map((call) => call.split('--to-revisions=')[1])

test('moves the worker, then the services by 10, 50 and 100 percent, with load after each', async () => {
  await fake('gcloud', '')
  await fake('node_modules/.bin/bun', '')
  const { status, calls } = await run('shift')
  expect(status).toBe(0)
  expect(moves(calls)).toEqual([
    'tebra-proxy-worker-new=100',
    ...['10', '50', '100'].flatMap((percent) => [
      `auth-session-new=${percent}`,
      `tebra-proxy-worker-new=${percent}`,
      `stream-sse-new=${percent}`,
    ]),
  ])
  expect(calls.filter((call) => call.includes('steady --base-url https://clinic.example'))).toHaveLength(3)
})

test('goes back to the recorded revisions, worker included, when load misses a threshold after a shift', async () => {
  await fake('gcloud', '')
  await fake('node_modules/.bin/bun', `[ "$(grep -c steady "${folder}/calls")" -lt 2 ]`)
  const { status, calls } = await run('shift')
  expect(status).toBe(1)
  expect(moves(calls).slice(-4)).toEqual([
    'auth-session-old=100',
    'tebra-proxy-worker-old=100',
    'stream-sse-old=100',
    'worker-old=100',
  ])
})

test('goes back when a shift itself fails half-way', async () => {
  await fake('gcloud', '[[ "$*" != *stream-sse-new=50* ]]')
  await fake('node_modules/.bin/bun', '')
  const { status, calls } = await run('shift')
  expect(status).toBe(1)
  expect(moves(calls).at(-1)).toBe('worker-old=100')
})

test('deploys nothing whose scan finds what the gate refuses', async () => {
  await fake(
    'gcloud',
    'case "$*" in *list-vuln*) printf "LOW\\tx\\nCRITICAL\\tCVE-1\\n" ;; *) echo scans/1 ;; esac',
  )
  const { status, stderr } = await run('scan')
  expect(status).toBe(1)
  expect(stderr).toContain('auth-session has findings of severity CRITICAL')
})

test('lets pass a scan with lesser findings, and stops when the scan itself fails', async () => {
  await fake('gcloud', 'case "$*" in *list-vuln*) printf "LOW\\tCRITICAL path\\n" ;; *) echo scans/1 ;; esac')
  expect((await run('scan')).status).toBe(0)
  await fake('gcloud', 'exit 1')
  expect((await run('scan')).status).not.toBe(0)
})

test('records the split that a roll-back restores, to the percent', async () => {
  const traffic = [
    { revisionName: 'a', percent: 90 },
    { revisionName: 'b', percent: 10 },
    { revisionName: 'c', tag: 'canary' },
  ]
  const service = JSON.stringify({ status: { traffic } })
  const pool = JSON.stringify({ status: { instanceSplits: [{ revisionName: 'w', percent: 100 }] } })
  await fake('gcloud', `case "$*" in *worker-pools*) echo '${pool}' ;; *) echo '${service}' ;; esac`)
  expect((await run('record')).status).toBe(0)
  expect(await readFile(join(folder, '.build/stream-sse.before'), 'utf8')).toBe('a=90,b=10\n')
  expect(await readFile(join(folder, '.build/worker.before'), 'utf8')).toBe('w=100\n')
})

test('refuses to smoke-test without an origin', async () => {
  await fake('node_modules/.bin/bun', '')
  const step = pipeline.steps.find((candidate) => candidate.id === 'smoke')
  const script = step && scriptOf(step, pipeline.substitutions)
  const done = spawnSync('bash', ['-ceu', script ?? ''], { cwd: folder, encoding: 'utf8' })
  expect(done.status).not.toBe(0)
  expect(done.stderr).toContain('the trigger must set _ORIGIN')
})
