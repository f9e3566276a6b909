import { useEffect, useRef } from 'react'
import UPlot from 'uplot'
import { clockTime } from '../parts/clinic-time.ts'

export interface PlotProps {
  readonly name: string
  /** Seconds since 1970, ascending. */
  readonly seconds: readonly number[]
  readonly values: readonly (number | null)[]
  readonly range: readonly [fromSeconds: number, toSeconds: number]
  /** The top of the plot is never below this, so that a calm hour looks calm. */
  readonly topMin: number
  /** A value with its unit. */
  readonly show: (value: number) => string
}

const heightPx = 150

/** One line over time. What it shows is also said in words beside it, so that a screen reader passes over the drawing. */
export function Plot({ name, seconds, values, range, topMin, show }: PlotProps) {
  const box = useRef<HTMLDivElement>(null)
  const plot = useRef<UPlot>(undefined)
  const current = useRef({ range, topMin, show })
  current.current = { range, topMin, show }

  useEffect(() => {
    const element = box.current
    if (element === null) return
    const made = new UPlot(optionsFor(element, current), [[], []], element)
    plot.current = made
    const watch = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: heightPx }))
    watch.observe(element)
    return () => {
      watch.disconnect()
      made.destroy()
    }
  }, [])
  // biome-ignore lint/correctness/useExhaustiveDependencies: a moved range is drawn anew as well
  useEffect(() => {
    plot.current?.setData([[...seconds], [...values]])
  }, [seconds, values, range])

  return (
    <figure className="plot">
      <figcaption>{name}</figcaption>
      <div ref={box} aria-hidden="true" />
    </figure>
  )
}

function optionsFor(
  element: HTMLElement,
  current: { readonly current: Pick<PlotProps, 'range' | 'topMin' | 'show'> },
): UPlot.Options {
  // Read when it is drawn, so that it follows light and dark.
  const colour = (name: string) => () => getComputedStyle(element).getPropertyValue(name).trim()
  const line = { stroke: colour('--line'), width: 1 }
  const axis = { stroke: colour('--muted'), grid: line, ticks: line, font: '12px system-ui, sans-serif' }
  return {
    width: element.clientWidth,
    height: heightPx,
    cursor: { show: false },
    legend: { show: false },
    scales: {
      x: { range: () => [...current.current.range] },
      y: { range: (_, __, max) => [0, Math.max(current.current.topMin, (max ?? 0) * 1.1)] },
    },
    series: [{}, { stroke: colour('--accent'), fill: colour('--accent-soft'), width: 2, spanGaps: false }],
    axes: [
      { ...axis, space: 70, values: (_, ticks) => ticks.map((tick) => clockTime(tick * 1000)) },
      { ...axis, size: 58, values: (_, ticks) => ticks.map((tick) => current.current.show(tick)) },
    ],
  }
}
