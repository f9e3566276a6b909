import exec from 'k6/execution'
import type { Options } from 'k6/options'
import { actionOf, journey } from './journey.ts'
import { thresholds } from './objectives.ts'
import { users } from './settings.ts'
import { type SummaryData, summaryOf } from './summary.ts'

const rate = Number(__ENV.RATE ?? 2)

/**
 * People arrive at a constant rate, whether or not the ones before have finished: a slow system cannot slow its own
 * test down. The rate fits one account at its vendor's limits, which stay as they are: five actions in turn, the
 * slowest operations (GetAppointments, GetAppointmentReasons) one call in 1000 ms and 250 ms of margin. So each may come
 * every fifth journey up to 4 a second without end; at the default 2 it comes every 2.5 s and finds its turn free. At 5
 * each falls back 250 ms a second, which is 5 s after 20 s, and shows nothing of this system.
 */
export const options: Options = {
  scenarios: {
    steady: {
      executor: 'constant-arrival-rate',
      rate,
      timeUnit: '1s',
      duration: __ENV.DURATION ?? '20s',
      preAllocatedVUs: Math.ceil(rate * 5),
      maxVUs: Math.ceil(rate * 30),
      gracefulStop: '40s',
    },
  },
  thresholds,
  summaryTrendStats: ['avg', 'min', 'med', 'p(95)', 'p(99)', 'max'],
}

export default function steady(): void {
  const turn = exec.scenario.iterationInTest
  const user = users[turn % users.length]
  if (user) journey(user, actionOf(turn))
}

export const handleSummary = (data: SummaryData) => summaryOf('steady', data, __ENV.SUMMARY)
