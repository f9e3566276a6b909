import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ownPeers } from '../harness/peer-packages.ts'

const sources = fileURLToPath(new URL('./hubs/', ownPeers))

/**
 * The peers that are written in Go, built from their own libraries as go.sum pins them: the module proxy does not serve
 * all that Centrifugo's and Mercure's finished servers need. undefined where they cannot be built.
 */
export async function hubsBinary(cache: string, say: (text: string) => void): Promise<string | undefined> {
  const hash = createHash('sha256')
  for (const name of ['go.mod', 'go.sum', 'main.go']) hash.update(await readFile(join(sources, name)))
  const target = join(cache, `hubs-${hash.digest('hex').slice(0, 12)}`)
  if (existsSync(target)) return target
  if (spawnSync('go', ['version']).status !== 0) return undefined
  say('building Mercure’s hub and Centrifuge with Go into the cache folder; this takes some minutes, once')
  await mkdir(cache, { recursive: true })
  const flags = ['-trimpath', '-buildvcs=false', '-mod=readonly', '-ldflags=-s -w', '-o', target]
  const { status, stderr } = spawnSync('go', ['build', ...flags, '.'], {
    cwd: sources,
    env: { ...process.env, CGO_ENABLED: '0' },
    encoding: 'utf8',
  })
  if (status !== 0) say(`Go could not build them: ${stderr.trim().split('\n').at(-1)}`)
  return status === 0 ? target : undefined
}
