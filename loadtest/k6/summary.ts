interface Threshold {
  readonly ok: boolean
}

interface Metric {
  readonly type: string
  readonly contains: string
  readonly values: Readonly<Record<string, number>>
  readonly thresholds?: Readonly<Record<string, Threshold>>
}

/** What k6 hands to handleSummary, as far as it is read here. */
export interface SummaryData {
  readonly metrics: Readonly<Record<string, Metric>>
  readonly state: { readonly testRunDurationMs: number }
}

interface Objective {
  readonly metric: string
  readonly rule: string
  readonly met: boolean
  readonly measured: string
}

const shown = ['avg', 'p(95)', 'p(99)', 'max', 'rate', 'count']

function measured(metric: Metric): string {
  const unit = metric.contains === 'time' ? ' ms' : ''
  return shown
    .filter((name) => metric.values[name] !== undefined)
    .map(
      (name) =>
        `${name} ${Number((metric.values[name] ?? 0).toFixed(4))}${name === 'count' || name === 'rate' ? '' : unit}`,
    )
    .join(', ')
}

export function objectivesOf(data: SummaryData): Objective[] {
  return Object.entries(data.metrics)
    .flatMap(([name, metric]) =>
      Object.entries(metric.thresholds ?? {}).map(([rule, { ok }]) => ({
        metric: name,
        rule,
        met: ok,
        measured: measured(metric),
      })),
    )
    .toSorted((a, b) => a.metric.localeCompare(b.metric))
}

const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

function asJUnit(scenario: string, objectives: readonly Objective[]): string {
  const cases = objectives.map(({ metric, rule, met, measured }) => {
    const head = `<testcase classname="${escapeXml(scenario)}" name="${escapeXml(`${metric} ${rule}`)}"`
    return met ? `${head}/>` : `${head}><failure message="${escapeXml(measured)}"/></testcase>`
  })
  const failures = objectives.filter((objective) => !objective.met).length
  return `<testsuite name="${escapeXml(scenario)}" tests="${cases.length}" failures="${failures}">${cases.join('')}</testsuite>\n`
}

function asText(scenario: string, data: SummaryData, objectives: readonly Objective[]): string {
  const journeys = data.metrics.iterations?.values.count ?? 0
  const seconds = (data.state.testRunDurationMs / 1000).toFixed(1)
  const lines = objectives.map(
    ({ metric, rule, met, measured }) => `  ${met ? 'met   ' : 'MISSED'} ${metric} ${rule}: ${measured}`,
  )
  return `\n${scenario}: ${journeys} journeys in ${seconds} s\n${lines.join('\n')}\n`
}

/**
 * The run as k6 wants it from handleSummary: text on the screen and, where SUMMARY names a path without extension, the
 * figures as JSON and the objectives as JUnit.
 */
export function summaryOf(
  scenario: string,
  data: SummaryData,
  path: string | undefined,
): Record<string, string> {
  const objectives = objectivesOf(data)
  return {
    stdout: asText(scenario, data, objectives),
    ...(path !== undefined && {
      [`${path}.json`]: `${JSON.stringify({ scenario, objectives, metrics: data.metrics }, null, 2)}\n`,
      [`${path}.xml`]: asJUnit(scenario, objectives),
    }),
  }
}
