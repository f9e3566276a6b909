import { useMemo } from 'react'
import type { StatusSample, StatusSamples } from '#lib/contract/health.ts'
import { durationText } from '../parts/clinic-time.ts'
import { Loaded } from '../parts/loaded.tsx'
import { Panel } from '../parts/panel.tsx'
import { useReading } from '../parts/use-reading.ts'
import { Plot } from './plot.tsx'

const everyMs = 10_000
const plottedMs = 3_600_000
/** Between two samples further apart than this nothing is known. */
const gapMs = 30_000
/** A system that has just started shows a short time rather than an empty hour. */
const plottedMsMin = 300_000

const lines = [
  { key: 'depth', name: 'Queue depth', topMin: 5, show: (value: number) => String(Math.round(value)) },
  { key: 'oldestAgeMs', name: 'Oldest request', topMin: 1000, show: (value: number) => durationText(value) },
  {
    key: 'latencyMs',
    name: 'Redis latency',
    topMin: 5,
    show: (value: number) => `${Number(value.toFixed(1))} ms`,
  },
] as const

/** How queue and Redis stood in the last hour, whether or not somebody looked. */
export function HourPlots({ now }: { readonly now: number }) {
  const reading = useReading<StatusSamples>('/tebra/status/samples', { everyMs })
  return (
    <Panel title="The last hour" text="Of all practices, a sample every 10 s.">
      <Loaded of={reading} data={reading.data}>
        {({ samples }) =>
          samples.length === 0 ? (
            <p className="panel-empty">No sample yet: the first comes within seconds of a service’s start.</p>
          ) : (
            <Plots samples={samples} now={now} />
          )
        }
      </Loaded>
    </Panel>
  )
}

function Plots({ samples, now }: { readonly samples: readonly StatusSample[]; readonly now: number }) {
  const points = useMemo(() => withGaps(samples), [samples])
  const seconds = useMemo(() => points.map(({ at }) => at / 1000), [points])
  const since = points[0]?.at ?? now
  const from = Math.max(now - plottedMs, Math.min(since, now - plottedMsMin))
  const range = useMemo(() => [from / 1000, now / 1000] as const, [from, now])
  return (
    <div className="plots">
      {lines.map(({ key, name, topMin, show }) => {
        const values = points.map((point) => point[key])
        const given = samples.map((sample) => sample[key])
        return (
          <div key={key}>
            <Plot name={name} seconds={seconds} values={values} range={range} topMin={topMin} show={show} />
            <p className="plot-text">
              Last {show(given.at(-1) ?? 0)}, at most {show(Math.max(...given))}
            </p>
          </div>
        )
      })}
    </div>
  )
}

type Point = { readonly [K in keyof StatusSample]: K extends 'at' ? number : number | null }

/** Puts an unknown value into each pause, so that no line is drawn across it. */
function withGaps(samples: readonly StatusSample[]): readonly Point[] {
  return samples.flatMap((sample, index) => {
    const point = { ...sample, at: Date.parse(sample.at) }
    const before = Date.parse(samples[index - 1]?.at ?? sample.at)
    const unknown = { at: before + 1, depth: null, oldestAgeMs: null, latencyMs: null }
    return point.at - before > gapMs ? [unknown, point] : [point]
  })
}
