import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ToolMissing } from './cache-folder.ts'

const version = '4.32.5'

/** What one document is tested with. Operations are named like `GET /events`; the patterns are regular expressions. */
export interface FuzzRun {
  readonly document: string
  readonly token: string
  readonly include?: string
  readonly exclude?: string
  readonly examplesMax: number
  readonly withoutChecks: readonly string[]
  /** A configuration file, e.g. for parameters that must name what exists. */
  readonly config?: string
}

/** The path of schemathesis in a virtual environment of its own, made with Python on the first use. */
export async function schemathesis(cache: string, say: (line: string) => void): Promise<string> {
  const home = join(cache, `schemathesis-${version}`)
  const program = join(home, 'bin', 'schemathesis')
  if (existsSync(program)) return program
  if (spawnSync('python3', ['-c', 'import venv, ensurepip']).status !== 0)
    throw new ToolMissing(
      'The API fuzzer needs Python 3.10 or later with venv: apt-get install python3 python3-venv',
    )
  say(`installing schemathesis ${version}, once`)
  await mkdir(cache, { recursive: true })
  const made = [
    ['python3', '-m', 'venv', home],
    [
      join(home, 'bin', 'pip'),
      'install',
      '--quiet',
      '--disable-pip-version-check',
      `schemathesis==${version}`,
    ],
  ].every(
    ([command = '', ...args]) =>
      spawnSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] }).status === 0,
  )
  if (made && existsSync(program)) return program
  await rm(home, { recursive: true, force: true })
  throw new ToolMissing(`pip could not install schemathesis ${version}; is PyPI within reach?`)
}

/** Runs it against one document; resolves to its exit code, 0 when every check held. */
export function runSchemathesis(program: string, run: FuzzRun): Promise<number> {
  const args = [
    ...(run.config === undefined ? [] : ['--config-file', run.config]),
    'run',
    run.document,
    ...['--header', `Authorization: Bearer ${run.token}`],
    ...(run.include === undefined ? [] : ['--include-name-regex', run.include]),
    ...(run.exclude === undefined ? [] : ['--exclude-name-regex', run.exclude]),
    ...['--checks', 'all'],
    ...(run.withoutChecks.length === 0 ? [] : ['--exclude-checks', run.withoutChecks.join(',')]),
    // The same cases on every run: a failure can be looked at again, and a pass means the same tomorrow.
    ...['--seed', '1', '--generation-database', 'none'],
    ...['--max-examples', String(run.examplesMax)],
    ...['--phases', 'examples,coverage,fuzzing'],
    ...['--request-timeout', '10', '--workers', '1'],
  ]
  const child = spawn(program, args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, NO_COLOR: '1' },
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
  })
}
