/**
 * stream-sse against other servers of event streams, each in a process of its own on one core: what a delivery costs,
 * what a connection holds, how late an event is; then ours alone (beside nchan where it is there) with connections that
 * are cut, and with clients that read nothing. Ours checks sessions, counts rates, audits, and unseals each event.
 */

import { findPeers } from './events/peers.ts'
import { type Flow, runFlow, runReconnects, runStall } from './events/rounds.ts'
import { ours } from './events/sides.ts'
import { type Goal, printLine, toFigure } from './harness/bench-line.ts'
import { isFull, say } from './harness/options.ts'
import { canPin, pinningSaid } from './harness/pinning.ts'

const full = isFull(process.argv.slice(2))
const connections = 1_000
const load = { connections, perSecond: 50, seconds: full ? 10 : 2 }
const plan = { rounds: full ? 3 : 1, reconnects: 1_000, stalled: 50 }

const { peers, skipped } = await findPeers(say)
const sides = [{ name: 'ours', start: ours(connections * 2) }, ...peers]
say(`${pinningSaid}, the load generator and the publisher beside Redis; CPU is the server's process`)
say(`${connections} connections × ${load.perSecond} events/s for ${load.seconds} s`)

const flows = new Map<string, Flow[]>(sides.map(({ name }) => [name, []]))
for (let round = 1; round <= plan.rounds; round++)
  for (const { name, start } of round % 2 === 1 ? sides : sides.toReversed()) {
    const flow = await runFlow(start, load)
    flows.get(name)?.push(flow)
    const { latencies, lost, doubled, cpuShare } = flow.heard
    say(
      `round ${round} ${name}: ${flow.cpuUsPerDelivery.toFixed(1)} µs a delivery, ${flow.kbPerConnection.toFixed(1)} KB a ` +
        `connection, p50 ${latencies.p50.toFixed(1)} ms, p99 ${latencies.p99.toFixed(1)} ms, lost ${lost}, doubled ${doubled}; ` +
        `generator ${Math.round(cpuShare * 100)} % of a core`,
    )
  }

const cut = await runReconnects(ours(100), plan.reconnects)
say(
  `${plan.reconnects} forced reconnects, ours: ${cut.deliveries} deliveries, lost ${cut.lost}, doubled ${cut.doubled}, ` +
    `resyncs ${cut.resyncs}`,
)
const stall = await runStall(ours(plan.stalled), plan.stalled)
say(
  `${plan.stalled} clients that read nothing of ${stall.mbSent.toFixed(0)} MB each, ours: ${stall.kbPerClient.toFixed(0)} KB a client`,
)

const of = (name: string, read: (flow: Flow) => number) => (flows.get(name) ?? []).map(read)
const compare = (name: string, unit: string, peerName: string, read: (flow: Flow) => number, goal?: Goal) =>
  toFigure({ name, unit, peerName, ours: of('ours', read), peer: of(peerName, read), ...(goal && { goal }) })
const atMost = (value: number): Goal => ({ of: 'ours', is: 'at most', value })
const ownFlows = flows.get('ours') ?? []

printLine(
  {
    bench: 'events',
    figures: [
      ...peers.flatMap(({ name, cpuRatioMax }) => [
        compare(
          'cpu-per-delivery',
          'µs',
          name,
          ({ cpuUsPerDelivery }) => cpuUsPerDelivery,
          cpuRatioMax === undefined ? undefined : { of: 'ratio', is: 'at most', value: cpuRatioMax },
        ),
        compare('memory-per-connection', 'KB', name, ({ kbPerConnection }) => kbPerConnection, atMost(8)),
        compare('p99', 'ms', name, ({ heard }) => heard.latencies.p99, atMost(50)),
      ]),
      toFigure({
        name: 'memory-per-stalled-client',
        unit: 'KB',
        peerName: 'what was sent to it',
        ours: [stall.kbPerClient],
        peer: [stall.mbSent * 1_024],
        goal: atMost(256),
      }),
    ],
    // Of ours; what a peer lost or doubled stands in its rounds.
    lost: [...ownFlows.map(({ heard }) => heard), cut].reduce((sum, { lost }) => sum + lost, 0),
    doubled: [...ownFlows.map(({ heard }) => heard), cut].reduce((sum, { doubled }) => sum + doubled, 0),
    skipped: [...skipped, ...(canPin ? [] : ['pinning'])],
  },
  say,
)
