/** Publishes numbered events at a constant rate, one after the other, so that their order is the order of the numbers. */
import { createEventBus } from '../../../lib/bus/event-bus.ts'
import { createPartitions } from '../../../lib/redis/partitions.ts'
import { readInput } from '../harness/run-program.ts'
import { openOurs } from '../queue/ours.ts'
import { PublishInput } from './publish-input.ts'
import { dataOf, now } from './tag.ts'

const { to, perSecond, events, padding } = readInput(PublishInput)
const send = to.kind === 'bus' ? await toBus(to) : toPeer(to)
const startedAt = performance.now()
for (let seq = 1; seq <= events; seq++) {
  const due = startedAt + ((seq - 1) * 1_000) / perSecond
  const early = due - performance.now()
  if (early > 0) await new Promise((resolve) => setTimeout(resolve, early))
  await send(dataOf({ seq, at: now() }, padding))
}
console.log(JSON.stringify({ events }))
process.exit(0)

type Send = (data: Readonly<Record<string, string>>) => Promise<unknown>

async function toBus({ redisUrl, practiceId }: { redisUrl: string; practiceId: string }): Promise<Send> {
  const { redis, cipher } = await openOurs(redisUrl)
  const bus = createEventBus({ redis, cipher, partitions: createPartitions(1), now: Date.now })
  return (data) => bus.append({ practiceId, stream: 'patients:board', event: 'board.changed', data })
}

function toPeer({ url, channel }: { url: string; channel?: string | undefined }): Send {
  const bodyOf = (data: object) => (channel === undefined ? data : { channel, data })
  return async (data) => {
    const answer = await fetch(url, { method: 'POST', body: JSON.stringify(bodyOf(data)) })
    const said = await answer.text()
    if (!answer.ok || (channel !== undefined && !said.startsWith('{"result"')))
      throw new Error(`publishing was answered ${answer.status} ${said}`)
  }
}
