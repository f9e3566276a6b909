import {
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  handleWhenResult,
  isBrokenCircuitError,
} from 'cockatiel'
import { type Attempt, attempt, conclude } from './attempt.ts'
import { type Breaker, type BreakerState, type Run, UpstreamUnavailable } from './breaker.ts'
import { createOneBeside } from './one-beside.ts'
import { createRamp, fullSpeed, type Ramp } from './ramp.ts'

export interface LocalBreaker extends Breaker {
  /** Starts afresh in a state that was decided elsewhere; what is under way ends without moving it. */
  reset(state: 'open' | 'closed'): void
}

/** From one change to the next. A call belongs to the phase it began in: ending later, it moves nothing. */
interface Phase {
  readonly state: () => BreakerState
  readonly call: <T>(run: Run<T>) => Promise<Attempt<T>>
  readonly room: (inFlight: number, concurrency: number) => number
}

/**
 * One process's own breaker. Opens after `failures` failed calls in a row, because cockatiel's sampling breaker never
 * opens at 2–5 calls a second, and lets one trial through after `waitMs`. Each phase has a cockatiel circuit of its
 * own: one circuit for all would be opened again by a late failure of a call from before.
 */
export function createLocalBreaker(options: {
  failures: number
  waitMs: number
  now: () => number
  onChange: (state: BreakerState) => void
}): LocalBreaker {
  const { waitMs, now } = options
  let phase = closed(fullSpeed)

  const enter = (next: Phase): void => {
    phase = next
    options.onChange(next.state())
  }

  function closed(ramp: Ramp): Phase {
    const circuit = circuitBreaker(handleWhenResult(hasVerdict('unwell')), {
      halfOpenAfter: waitMs,
      breaker: new ConsecutiveBreaker(options.failures),
    })
    const self: Phase = {
      state: () => 'closed',
      async call(run) {
        const tried = await execute(circuit, () => run(false))
        if (tried.verdict === 'well') ramp.wentWell()
        if (tried.verdict === 'unwell') ramp.failed()
        return tried
      },
      room: (inFlight, concurrency) => Math.max(0, Math.min(concurrency, ramp.limit) - inFlight),
    }
    circuit.onBreak(() => {
      if (phase === self) enter(open())
    })
    return self
  }

  function open(): Phase {
    let openedAt = now()
    let trying = false
    const oneBeside = createOneBeside()
    // A closed circuit is what a silent call would leave behind here; so all that is not well opens it again.
    const circuit = circuitBreaker(
      handleWhenResult((tried) => !hasVerdict('well')(tried)),
      {
        halfOpenAfter: waitMs,
        breaker: new ConsecutiveBreaker(1),
        initialState: { ownState: { value: CircuitState.Open, openedAt, attemptNo: 1 }, breakerState: 0 },
      },
    )
    circuit.onBreak(() => {
      openedAt = now()
    })
    const self: Phase = {
      state: () => (trying ? 'half-open' : 'open'),
      async call(run) {
        // A half-open circuit queues callers without bound and frees them all at once: one is let near it.
        if (trying || now() - openedAt < waitMs) throw new UpstreamUnavailable('the circuit breaker is open')
        trying = true
        try {
          const tried = await circuit.execute(() => attempt(() => run(true)))
          if (phase === self && tried.verdict === 'well') enter(closed(createRamp()))
          return tried
        } catch (error) {
          if (!isBrokenCircuitError(error)) throw error
          throw new UpstreamUnavailable('the circuit breaker is open', { cause: error })
        } finally {
          trying = false
        }
      },
      room: (inFlight) => (trying || now() - openedAt < waitMs ? 0 : oneBeside(inFlight)),
    }
    return self
  }

  return {
    get state() {
      return phase.state()
    },
    call: async (run) => conclude(await phase.call(run)),
    room: (inFlight, concurrency) => phase.room(inFlight, concurrency),
    reset(state) {
      phase = state === 'open' ? open() : closed(createRamp())
    },
  }
}

const hasVerdict = (verdict: Attempt<unknown>['verdict']) => (tried: unknown) =>
  (tried as Attempt<unknown>).verdict === verdict

/** Runs a call in a closed circuit. A silent one is thrown past it: it neither counts nor ends a row of failures. */
async function execute<T>(
  circuit: ReturnType<typeof circuitBreaker>,
  run: () => Promise<T>,
): Promise<Attempt<T>> {
  const silent: Attempt<T>[] = []
  try {
    return await circuit.execute(async () => {
      const tried = await attempt(run)
      if (tried.verdict !== 'silent') return tried
      silent.push(tried)
      throw new Error('says nothing of the upstream')
    })
  } catch (error) {
    const [tried] = silent
    if (!tried) throw error
    return tried
  }
}
