import { sameClock } from './settings.ts'

/** What a call may wait for its turn: the vendor's longest interval among the journey's operations, and our margin. */
const turnMs = 1_000 + 250
/** What Tebra itself may take; on this machine it is the simulator, which answers at once. */
const upstreamMs = sameClock ? 0 : 2_000
/** What is left for intake, queue, worker and event stream together. */
const ownMs = 250

/**
 * Objectives per endpoint; a run that misses one ends with an error. Latencies in ms. A stream has no duration to hold
 * to: its delay is measured from the server's timestamp of a response to its arrival, on top of any wait for upstream.
 */
export const thresholds: Record<string, string[]> = {
  checks: ['rate==1'],
  dropped_iterations: ['count==0'],
  http_req_failed: ['rate<0.001'],
  'http_req_failed{endpoint:login}': ['rate<0.001'],
  'http_req_failed{endpoint:events}': ['rate<0.001'],
  'http_req_failed{endpoint:submit}': ['rate<0.001'],
  'http_req_failed{endpoint:logout}': ['rate<0.001'],
  'http_req_duration{endpoint:login}': ['p(95)<500'],
  'http_req_duration{endpoint:submit}': ['p(95)<100'],
  'http_req_duration{endpoint:logout}': ['p(95)<100'],
  submit_to_response: [`p(95)<${turnMs + upstreamMs + ownMs}`],
  logout_to_end: ['p(99)<1000'],
  ...(sameClock && { event_delivery: ['p(99)<50'] }),
}
