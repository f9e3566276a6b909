import type { RedisHealth } from '#lib/contract/health.ts'
import { bytesText } from '../parts/bytes-text.ts'
import { HealthFact, HealthGroup } from './health-group.tsx'

/** From here on writes come near to being refused. */
const nearlyFull = 0.85

/** The store that everything waits in. */
export function RedisGroup({ redis }: { readonly redis: RedisHealth }) {
  if (redis.status === 'unhealthy')
    return (
      <HealthGroup title="Redis" tone="bad" state="Unreachable">
        <p className="muted">{redis.type}</p>
      </HealthGroup>
    )
  const { used_memory_bytes: used, max_memory_bytes: max } = redis
  const isFull = max > 0 && used > max * nearlyFull
  return (
    <HealthGroup title="Redis" tone={isFull ? 'warn' : 'good'} state={isFull ? 'Nearly full' : 'Healthy'}>
      <dl className="facts">
        <HealthFact name="Latency" value={`${Number(redis.latency_ms.toFixed(1))} ms`} />
        <HealthFact name="Clients" value={redis.connected_clients} />
        <HealthFact
          name="Memory"
          value={max > 0 ? `${bytesText(used)} of ${bytesText(max)}` : bytesText(used)}
          isBad={isFull}
        />
      </dl>
    </HealthGroup>
  )
}
