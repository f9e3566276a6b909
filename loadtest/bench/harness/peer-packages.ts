import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const bullMq = new URL('../', import.meta.url)
/** Peers that need other versions of packages which the product has, too: they resolve in their own folder only. */
export const ownPeers = new URL('../peers/', import.meta.url)

/**
 * Installs the peers' packages, exactly as locked, when a benchmark first needs them. msgpackr's native reader is left
 * out (an override): BullMQ only writes msgpack, and the reader is not there for each platform.
 */
export function ensurePeerPackages(name: string, say: (text: string) => void, place = bullMq): void {
  const folder = fileURLToPath(place)
  if (existsSync(`${folder}node_modules/${name}`)) return
  say(`installing the peers' packages (npm ci in ${folder}) …`)
  const { status, stderr } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: folder,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`the peers' packages could not be installed:\n${stderr}`)
}
