import exec from 'k6/execution'
import type { Options } from 'k6/options'
import { actionOf, journey } from './journey.ts'
import { thresholds } from './objectives.ts'
import { users } from './settings.ts'
import { type SummaryData, summaryOf } from './summary.ts'

/** Every action once, by one person after another: does it work at all? */
export const options: Options = {
  scenarios: { smoke: { executor: 'shared-iterations', vus: 1, iterations: 5, maxDuration: '2m' } },
  thresholds,
  summaryTrendStats: ['avg', 'min', 'med', 'p(95)', 'p(99)', 'max'],
}

export default function smoke(): void {
  const turn = exec.scenario.iterationInTest
  const user = users[turn % users.length]
  if (user) journey(user, actionOf(turn))
}

export const handleSummary = (data: SummaryData) => summaryOf('smoke', data, __ENV.SUMMARY)
