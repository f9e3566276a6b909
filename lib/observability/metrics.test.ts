import { expect, test } from 'vitest'
import { createMetrics } from './metrics.ts'

test('names the service with every figure', async () => {
  const { registry, counter } = createMetrics('tiny')
  counter('things_total', 'Things').inc()
  const samples = (await registry.metrics()).split('\n').filter((line) => line && !line.startsWith('#'))
  expect(samples.length).toBeGreaterThan(10)
  for (const sample of samples) expect(sample).toContain('service="tiny"')
})

test('counts by label', async () => {
  const { registry, counter } = createMetrics('tiny')
  const outcomes = counter('outcomes_total', 'Outcomes', ['outcome'])
  outcomes.inc({ outcome: 'good' }, 2)
  expect(await registry.getSingleMetricAsString('outcomes_total')).toMatch(/outcome="good".*} 2/)
})

test('reads a gauge when it is asked for', async () => {
  const { registry, gauge } = createMetrics('tiny')
  let depth = 1
  gauge('depth', 'Depth', () => depth)
  expect(await registry.getSingleMetricAsString('depth')).toContain('depth{service="tiny"} 1')
  depth = 7
  expect(await registry.getSingleMetricAsString('depth')).toContain('depth{service="tiny"} 7')
})

test('keeps the registries of two services of one process apart', async () => {
  const [one, two] = [createMetrics('one'), createMetrics('two')]
  one.counter('things_total', 'Things').inc()
  expect(two.registry.getSingleMetric('things_total')).toBeUndefined()
})
