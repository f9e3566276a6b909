import type { Call, Form } from './counters.ts'
import type { ActiveFaults, FaultTarget } from './faults.ts'
import type { Simulator } from './simulator.ts'

/** A complete answer before faults of the wire are applied to it. */
export type Reply = { status: number; type: string; body: string; outcome: string }

type Exchange = {
  target: FaultTarget
  operation: string
  correlationId?: string
  signal: AbortSignal
  /** Adds what the body tells to the call's record. */
  describe?: (call: Call) => void
  outage: () => Reply
  answer: (call: Call, faults: ActiveFaults) => Reply
}

const pieceBytes = 65_536

// Erroring the stream makes Bun drop the connection: the caller sees a reset, not an answer.
const resetResponse = () =>
  new Response(
    new ReadableStream({
      start(controller) {
        controller.error(new Error('connection reset on request'))
      },
    }),
  )

/** Never resolves while the caller waits; ends once the caller has gone, so that nothing is kept for it. */
const hang = (signal: AbortSignal) =>
  new Promise<Response>((resolve) => {
    const end = () => resolve(new Response(null, { status: 499 }))
    if (signal.aborted) end()
    else signal.addEventListener('abort', end, { once: true })
  })

const drip = (state: Simulator, body: string, bytes: number, delayMs: number, signal: AbortSignal) => {
  const encoded = new TextEncoder().encode(body)
  let sent = 0
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (sent > 0) await state.clock.sleep(delayMs, signal)
      if (signal.aborted) return
      controller.enqueue(encoded.slice(sent, sent + bytes))
      sent += bytes
      if (sent >= encoded.length) controller.close()
    },
  })
}

// Blanks before the end keep both XML and JSON well formed, and are made piece by piece: N MB are never held at once.
const pad = (body: string, megabytes: number) => {
  const close = Math.max(body.lastIndexOf('</'), body.lastIndexOf('}'))
  const encoder = new TextEncoder()
  const blanks = new Uint8Array(pieceBytes).fill(32)
  let left = Math.ceil((megabytes * 1_048_576) / pieceBytes)
  return new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(encoder.encode(body.slice(0, close))),
    pull(controller) {
      if (left-- > 0) return controller.enqueue(blanks.slice())
      controller.enqueue(encoder.encode(body.slice(close)))
      controller.close()
    },
  })
}

const send = (state: Simulator, reply: Reply, faults: ActiveFaults, signal: AbortSignal): Response => {
  const init = { status: reply.status, headers: { 'Content-Type': reply.type } }
  const slow = faults['slow-drip']
  const huge = faults['huge-answer']
  if (slow) return new Response(drip(state, reply.body, slow.bytes ?? 16, slow.delayMs ?? 100, signal), init)
  if (huge) return new Response(pad(reply.body, huge.megabytes ?? 10), init)
  if (faults['malformed-xml'] && reply.type.startsWith('text/xml')) {
    return new Response(reply.body.slice(0, Math.floor(reply.body.length * 0.7)), init)
  }
  return new Response(reply.body, init)
}

/**
 * Counts a call, applies the faults it meets in the order a network would (wait, lose, refuse, answer wrongly, answer
 * badly), and answers. A lost call never reaches `answer`; a write that times out has been applied.
 */
export const serveCall = async (state: Simulator, exchange: Exchange): Promise<Response> => {
  const { target, operation, correlationId, signal } = exchange
  const form: Form = target.form
  const call = state.counters.begin({ form, operation, ...(correlationId ? { correlationId } : {}) })
  try {
    exchange.describe?.(call)
    const faults = state.faults.take(target)
    const kinds = Object.keys(faults)
    if (kinds.length > 0) call.fault = kinds.join(' ')
    // The full wait even if the caller gives up: a slow service goes on working and applies the write.
    if (faults.latency) await state.clock.sleep(state.faults.latencyMs(faults.latency))
    if (faults.reset) {
      state.counters.settle(call, 'reset')
      return resetResponse()
    }
    if (faults.hang) {
      state.counters.settle(call, 'hung')
      return await hang(signal)
    }
    const reply = faults.outage ? exchange.outage() : exchange.answer(call, faults)
    const late = faults['write-then-time-out'] !== undefined
    const lateOutcome = call.written ? 'written-then-hung' : 'hung'
    state.counters.settle(call, late ? lateOutcome : reply.outcome)
    return late ? await hang(signal) : send(state, reply, faults, signal)
  } finally {
    state.counters.end(call)
  }
}
