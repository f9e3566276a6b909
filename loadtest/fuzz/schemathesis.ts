import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ToolMissing } from '../cache-folder.ts'
import { type FuzzRun, writeSettings } from './settings.ts'

const version = '4.32.5'

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
export async function runSchemathesis(program: string, folder: string, run: FuzzRun): Promise<number> {
  const args = [
    ...['--config-file', await writeSettings(folder, run)],
    'run',
    run.document,
    ...(run.baseUrl === undefined ? [] : ['--url', run.baseUrl]),
    ...(run.include === undefined ? [] : ['--include-name-regex', run.include]),
    ...(run.exclude === undefined ? [] : ['--exclude-name-regex', run.exclude]),
    ...['--checks', 'all'],
    // Links lead from one operation to others, so they are followed where all are there.
    ...['--phases', `examples,coverage,fuzzing${run.include === undefined ? ',stateful' : ''}`],
    // The same cases on every run: a failure can be looked at again, and a pass means the same tomorrow.
    ...['--seed', '1', '--generation-database', 'none'],
    ...['--max-examples', '100', '--workers', '1'],
  ]
  const child = spawn(program, args, {
    // Its own files stay with the run's.
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, NO_COLOR: '1' },
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
  })
}
