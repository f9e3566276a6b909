import { cacheFolder } from '../../cache-folder.ts'
import { ensurePeerPackages, ownPeers } from '../harness/peer-packages.ts'
import { centrifugoVersion, findCentrifugo } from './centrifugo.ts'
import { hubsBinary } from './hubs-binary.ts'
import { findNchan } from './nchan.ts'
import { centrifuge, centrifugo, mercure, nchan, onBun, type StartHub } from './sides.ts'

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
  const files = await findNchan(cache, say)
  const [server, hubs] = [await findCentrifugo(cache, say), await hubsBinary(cache, say)]
  const peers: Peer[] = [
    ...(files ? [{ name: 'nchan 1.3.6, Redis', start: nchan(files), cpuRatioMax: 0.8 }] : []),
    // Its engine stands in where the module proxy does not serve all that Centrifugo itself needs.
    ...(server
      ? [{ name: `centrifugo ${centrifugoVersion}, Redis`, start: centrifugo(server), cpuRatioMax: 0.5 }]
      : hubs
        ? [{ name: 'centrifuge 0.38.0, Redis', start: centrifuge(hubs), cpuRatioMax: 0.5 }]
        : []),
    // The hub, without the Caddy it comes in: the module proxy does not serve all of that.
    ...(hubs ? [{ name: 'mercure 0.24.2', start: mercure(hubs), cpuRatioMax: 0.5 }] : []),
    { name: 'hono 4.13.19 streamSSE', start: onBun('./serve-hono-sse.ts') },
    { name: 'better-sse 0.16.1', start: onBun('./serve-better-sse.ts') },
  ]
  const skipped = [
    ...(files ? [] : ['nchan']),
    ...(server || hubs ? [] : ['centrifugo']),
    ...(hubs ? [] : ['mercure']),
  ]
  return { peers, skipped }
}
