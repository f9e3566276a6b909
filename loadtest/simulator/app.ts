/**
 * A stand-in for Tebra: one seeded, invented clinic behind both ways of reaching it.
 *
 *   POST /services/soap/2.1/KareoServices.svc   SOAP 1.1, document/literal
 *   ALL  /api/tebra                             the PHP API, JSON {action, params}
 *
 * It keeps what is written until it is reset or stopped, and imports nothing of the services it is there to test.
 * Its control API speaks JSON:
 *
 *   GET    /control/health   {status, seed, timeZone, now}
 *   POST   /control/faults   one rule or a list: {id?, kind, form?, operation?, account?, times?, probability?, …};
 *                            a rule with a known id takes that one's place. By kind:
 *                            latency {delayMs} or {p50Ms, p99Ms}; slow-drip {bytes?, delayMs?};
 *                            huge-answer {megabytes?}; the rest need nothing more (see faults.ts)
 *   GET    /control/faults   rules still in force, with what is left of `times`
 *   DELETE /control/faults   no faults any more
 *   POST   /control/limits   {scale?, overrides?: {operation: ms}}; scale 0 switches every limit off
 *   POST   /control/clock    {offsetMs}: moves the clinic's time
 *   POST   /control/mode     {empty: nil|empty|placeholder|mixed}: the look of an answer without rows
 *   GET    /control/calls    the last calls in order (?operation=), with what was written and what was dropped
 *   GET    /control/counts   exact totals: by operation, by outcome, writes by operation, natural key and
 *                            correlation id, throttled, in flight, most at once
 *   POST   /control/reset    back to the seed
 */
import { Hono } from 'hono'
import { createControl } from './control.ts'
import { servePhp } from './php/php-endpoint.ts'
import { createSimulatorState, type Simulator, type SimulatorOptions } from './simulator.ts'
import { serveSoap } from './soap/soap-endpoint.ts'

/** Path of the SOAP service, as on the vendor's host (Tebra technical guide, April 2025). */
export const soapPath = '/services/soap/2.1/KareoServices.svc'
export const phpPath = '/api/tebra'

/** The whole simulator as one app, and its state for tests that look inside. */
export const createSimulator = (options: SimulatorOptions): { app: Hono; state: Simulator } => {
  const state = createSimulatorState(options)
  const app = new Hono()
  app.post(soapPath, serveSoap(state)).all(phpPath, servePhp(state)).route('/control', createControl(state))
  return { app, state }
}
