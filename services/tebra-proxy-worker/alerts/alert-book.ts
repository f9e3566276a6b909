import { Alert, type AlertKind, OpenAlert } from '#lib/contract/alerts.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import { fleetKeys as keys } from '#lib/redis/keys.ts'
import type { Hold } from '#lib/redis/lock.ts'
import { loadScript } from '#lib/redis/script.ts'

/** Trouble as somebody sees it now: it stands, or it does not. */
export interface Sighting {
  readonly kind: AlertKind
  readonly subject: string
  readonly practiceId?: string
  readonly reason: string
  readonly stands: boolean
  /** It ends only after it has stood this long. */
  readonly standsMs?: number
}

const tellScript = loadScript<string[]>(new URL('./tell.lua', import.meta.url), {
  prelude: new URL('./prelude.lua', import.meta.url),
})

/** The fleet's one list of trouble: whoever tells what stands already, or what is over already, changes nothing. */
export function createAlertBook({ redis }: { redis: RedisClient }) {
  return {
    /** Under a hold only while the watch is the caller's. */
    async tell(sightings: readonly Sighting[], watch?: Hold): Promise<void> {
      if (sightings.length === 0) return
      await tellScript(
        redis,
        [keys.alertsOpen, keys.alerts, ...(watch ? [watch.lock] : [])],
        [
          JSON.stringify(sightings.map((seen) => ({ practiceId: '', ...seen }))),
          ...(watch ? [watch.fence] : []),
        ],
      )
    },

    /** What stands now, oldest first. */
    async open(): Promise<OpenAlert[]> {
      const alerts = (await redis.hvals(keys.alertsOpen)).map((text) =>
        OpenAlert.parse(plain(JSON.parse(text))),
      )
      return alerts.sort((a, b) => a.since.localeCompare(b.since))
    },

    /** What started and ended lately, newest first. */
    recent: async (count: number): Promise<Alert[]> =>
      (await redis.xrevrange(keys.alerts, '+', '-', 'COUNT', count)).map(toAlert),

    /** What came after `cursor`, oldest first. */
    after: async (cursor: string, count: number): Promise<Alert[]> =>
      (await redis.xrange(keys.alerts, `(${cursor}`, '+', 'COUNT', count)).map(toAlert),
  }
}

export type AlertBook = ReturnType<typeof createAlertBook>

type Plain = Readonly<Record<string, string>>

/** As Redis holds it → as the contract says it. */
const plain = ({ practiceId, since, ...rest }: Plain) => ({
  ...rest,
  ...(practiceId && { practiceId }),
  since: instant(since),
})

function toAlert([id, fields]: [id: string, fields: string[]]): Alert {
  const held: Plain = Object.fromEntries(
    fields.flatMap((name, index) => (index % 2 === 0 ? [[name, fields[index + 1] ?? '']] : [])),
  )
  return Alert.parse({ id, ...plain(held), at: instant(held.at) })
}

const instant = (ms: string | undefined): string => new Date(Number(ms)).toISOString()
