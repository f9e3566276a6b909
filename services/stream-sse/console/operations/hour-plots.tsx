import { useMemo } from 'react'
import { durationText } from '../parts/clinic-time.ts'
import { Panel } from '../parts/panel.tsx'
import { Plot } from './plot.tsx'
import { plottedMs, type Sample } from './status-watch.tsx'

/** Between two samples further apart than this nothing is known. */
const gapMs = 30_000
/** A page that was just opened shows a short time rather than an empty hour. */
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

/** The last hour, as far as this page was open and seen. */
export function HourPlots({ samples, now }: { readonly samples: readonly Sample[]; readonly now: number }) {
  const known = useMemo(() => withGaps(samples), [samples])
  const seconds = useMemo(() => known.map(({ at }) => at / 1000), [known])
  const since = samples[0]?.at ?? now
  const from = Math.max(now - plottedMs, Math.min(since, now - plottedMsMin))
  const range = useMemo(() => [from / 1000, now / 1000] as const, [from, now])
  const minutes = Math.round((now - since) / 60_000)
  return (
    <Panel
      title="The last hour"
      text={
        minutes < 59 ? `Drawn while the console is open and seen: ${minutes} min so far.` : 'Read every 5 s.'
      }
    >
      <div className="plots">
        {lines.map(({ key, name, topMin, show }) => {
          const values = known.map((sample) => sample[key])
          const given = values.filter((value) => value !== null)
          const latest = given.at(-1)
          return (
            <div key={key}>
              <Plot name={name} seconds={seconds} values={values} range={range} topMin={topMin} show={show} />
              {latest !== undefined && (
                <p className="plot-text">
                  Now {show(latest)}, at most {show(Math.max(...given))}
                </p>
              )}
            </div>
          )
        })}
      </div>
    </Panel>
  )
}

type Drawn = { readonly [K in keyof Sample]: K extends 'at' ? number : number | null }

/** Puts an unknown value into each pause, so that no line is drawn across it. */
function withGaps(samples: readonly Sample[]): readonly Drawn[] {
  return samples.flatMap((sample, index) => {
    const before = samples[index - 1]
    const isGap = before !== undefined && sample.at - before.at > gapMs
    const unknown = { at: (before?.at ?? 0) + 1, latencyMs: null, depth: null, oldestAgeMs: null, dead: null }
    return isGap ? [unknown, sample] : [sample]
  })
}
