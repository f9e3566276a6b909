import { perCoreSecond } from '../harness/meter.ts'
import { runRound, type Setting, type Side } from './sides.ts'

const widths = [200, 400, 800]
const clients = { ours: ['ioredis'], peer: ['bun', 'ioredis'] } as const

/** Short rounds over widths and, for the peer, its Redis clients: each side is then compared at its own best. */
export async function findBest(
  side: Side,
  jobs: number,
  say: (text: string) => void,
): Promise<Required<Setting>> {
  const best = { add: 0, work: 0 }
  let setting: Required<Setting> = {
    addWidth: 100,
    concurrency: 100,
    addClient: 'ioredis',
    workClient: 'ioredis',
  }
  for (const client of clients[side]) {
    for (const width of widths) {
      const tried = { addWidth: width, concurrency: width, addClient: client, workClient: client }
      const round = await runRound(side, jobs, tried)
      const [add, work] = [perCoreSecond(round.added), perCoreSecond(round.worked)]
      say(`  ${side} ${client} ${width}: add ${Math.round(add)}, process ${Math.round(work)} per core-s`)
      if (add > best.add) setting = { ...setting, addWidth: width, addClient: client }
      if (work > best.work) setting = { ...setting, concurrency: width, workClient: client }
      best.add = Math.max(best.add, add)
      best.work = Math.max(best.work, work)
    }
  }
  return setting
}
