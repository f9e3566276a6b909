import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ToolMissing } from './cache-folder.ts'

const extension = fileURLToPath(new URL('./k6/extension/', import.meta.url))
const elsewhere =
  'put on PATH the k6 that elsewhere is made by: CGO_ENABLED=0 go install -C loadtest/k6/extension .'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * The path of a k6 with the extension of `./k6/extension`: the one on PATH, the one built before from the same
 * sources, or one built now with Go into the cache folder. Throws ToolMissing, saying what to do, where none can be had.
 */
export async function k6Binary(
  cache: string,
  environment: Environment,
  say: (line: string) => void,
): Promise<string> {
  const { version, hash } = await pinned()
  const built = join(cache, `k6-${version}-${hash}`)
  const found = ['k6', built].find((candidate) => hasExtension(candidate, version, environment))
  if (found !== undefined) return found

  const go = spawnSync('go', ['version'], { env: environment, encoding: 'utf8' })
  if (go.status !== 0)
    throw new ToolMissing(
      `There is no k6 ${version} with the event-stream extension here, and no Go to build it.\nInstall Go 1.25 or later, or ${elsewhere}`,
    )
  say(`building k6 ${version} with its event-stream extension; this takes a minute or two, once`)
  await build(built, cache, environment)
  return built
}

/**
 * The k6 version go.mod names, and a hash of all that is built, which tells one state of the extension from another;
 * go.mod and go.sum pin k6 itself and every module below it.
 */
export async function pinned(): Promise<{ readonly version: string; readonly hash: string }> {
  const names = (await readdir(join(extension, 'sse'))).filter((name) => /(?<!_test)\.go$/.test(name)).sort()
  const hash = createHash('sha256')
  for (const source of ['go.mod', 'go.sum', 'main.go', ...names.map((name) => `sse/${name}`)])
    hash.update(`${source}\0${await readFile(join(extension, source), 'utf8')}\0`)
  const goMod = await readFile(join(extension, 'go.mod'), 'utf8')
  const version = /^\s*(?:require )?go\.k6\.io\/k6 (v\S+)$/m.exec(goMod)?.[1]
  if (version === undefined) throw new Error('loadtest/k6/extension/go.mod names no version of go.k6.io/k6')
  return { version, hash: hash.digest('hex').slice(0, 12) }
}

/** By the extension's module path: another module may go by the name k6/x/sse too, and end streams another way. */
function hasExtension(candidate: string, version: string, environment: Environment): boolean {
  const { stdout } = spawnSync(candidate, ['version'], { env: environment, encoding: 'utf8' })
  return new RegExp(`^\\S+ ${version} [^]*^\\s*workflow-bolt/k6/sse\\b.*\\bk6/x/sse\\b`, 'm').test(
    stdout ?? '',
  )
}

/** -mod=readonly: Go takes what go.sum names or nothing. */
async function build(target: string, cache: string, environment: Environment): Promise<void> {
  await mkdir(cache, { recursive: true })
  const folder = await mkdtemp(join(cache, 'build-'))
  try {
    const output = join(folder, 'k6')
    const flags = ['-trimpath', '-buildvcs=false', '-mod=readonly', '-ldflags=-s -w']
    const done = spawnSync('go', ['build', ...flags, '-o', output, '.'], {
      cwd: extension,
      env: { ...environment, CGO_ENABLED: '0' },
      encoding: 'utf8',
    })
    if (done.status !== 0) {
      const reason = done.stderr.trim().split('\n').slice(-5).join('\n')
      throw new ToolMissing(
        `Go could not build k6 with its extension:\n${reason}\nWhere that stays so, ${elsewhere}`,
      )
    }
    await rename(output, target)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
