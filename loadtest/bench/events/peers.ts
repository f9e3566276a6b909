import { cacheFolder } from '../../cache-folder.ts'
import { ensurePeerPackages, ownPeers } from '../harness/peer-packages.ts'
import { hubsBinary } from './hubs-binary.ts'
import { findNchan } from './nchan.ts'
import { centrifuge, mercure, nchan, onBun, type StartHub } from './sides.ts'

export interface Peer {
  readonly name: string
  readonly start: StartHub
  /** The greatest share of its CPU per delivery that ours may take. */
  readonly cpuRatioMax?: number
}

/** The peers that can be had on this machine; those that cannot are named. Two of them go through Redis, as ours does. */
export async function findPeers(
  say: (text: string) => void,
): Promise<{ peers: readonly Peer[]; skipped: readonly string[] }> {
  ensurePeerPackages('better-sse', say, ownPeers)
  const cache = cacheFolder(process.env)
  const [files, hubs] = [await findNchan(cache, say), await hubsBinary(cache, say)]
  const peers: Peer[] = [
    ...(files ? [{ name: 'nchan 1.3.6, Redis', start: nchan(files), cpuRatioMax: 0.8 }] : []),
    ...(hubs
      ? [
          // The engine of Centrifugo and the hub of Mercure, whose finished servers the module proxy does not serve whole.
          { name: 'centrifuge 0.38.0, Redis', start: centrifuge(hubs), cpuRatioMax: 0.5 },
          { name: 'mercure 0.24.2', start: mercure(hubs), cpuRatioMax: 0.5 },
        ]
      : []),
    { name: 'hono 4.13.19 streamSSE', start: onBun('./serve-hono-sse.ts') },
    { name: 'better-sse 0.16.1', start: onBun('./serve-better-sse.ts') },
  ]
  const skipped = [...(files ? [] : ['nchan']), ...(hubs ? [] : ['centrifuge', 'mercure'])]
  return { peers, skipped }
}
