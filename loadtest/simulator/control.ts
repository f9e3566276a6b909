import { type Context, Hono } from 'hono'
import { type FaultKind, type FaultRule, faultKinds } from './faults.ts'
import { type EmptyMode, emptyModes, type Simulator } from './simulator.ts'

/** A control request that cannot be taken as meant; answered with HTTP 400. */
class ControlError extends Error {}

type Fields = Record<string, unknown>

const isRecord = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const readJson = async (c: Context): Promise<unknown> => {
  try {
    return await c.req.json()
  } catch {
    throw new ControlError('the body must be JSON')
  }
}

const readFields = async (c: Context): Promise<Fields> => {
  const body = await readJson(c)
  if (!isRecord(body)) throw new ControlError('the body must be a JSON object')
  return body
}

const number = (fields: Fields, name: string, min = 0, max = Number.MAX_SAFE_INTEGER): number | undefined => {
  const value = fields[name]
  if (value === undefined) return undefined
  if (typeof value !== 'number' || !(value >= min && value <= max)) {
    throw new ControlError(`${name} must be a number from ${min} to ${max}`)
  }
  return value
}

const text = (fields: Fields, name: string): string | undefined => {
  const value = fields[name]
  if (value !== undefined && typeof value !== 'string') throw new ControlError(`${name} must be a text`)
  return value
}

const defined = <T extends object>(fields: T) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

const ruleMembers = ['id', 'kind', 'form', 'operation', 'account', 'times', 'probability']
const ruleSettings = ['delayMs', 'p50Ms', 'p99Ms', 'bytes', 'megabytes']

/** A misspelt member would silently make a different fault, so unknown ones are refused. */
const toRule = (value: unknown): Omit<FaultRule, 'id'> & { id?: string } => {
  if (!isRecord(value)) throw new ControlError('a fault must be an object')
  const unknown = Object.keys(value).find((name) => ![...ruleMembers, ...ruleSettings].includes(name))
  if (unknown !== undefined) throw new ControlError(`unknown member: ${unknown}`)
  const kind = text(value, 'kind')
  if (!faultKinds.some((known) => known === kind)) {
    throw new ControlError(`kind must be one of: ${faultKinds.join(', ')}`)
  }
  const form = text(value, 'form')
  if (form !== undefined && form !== 'soap' && form !== 'php')
    throw new ControlError('form must be soap or php')
  return {
    kind: kind as FaultKind,
    ...defined({
      form,
      id: text(value, 'id'),
      operation: text(value, 'operation'),
      account: text(value, 'account'),
      times: number(value, 'times', 1),
      probability: number(value, 'probability', 0, 1),
      delayMs: number(value, 'delayMs'),
      p50Ms: number(value, 'p50Ms', 0.001),
      p99Ms: number(value, 'p99Ms', 0.001),
      bytes: number(value, 'bytes', 1),
      megabytes: number(value, 'megabytes', 0.01, 10_000),
    }),
  }
}

const toOverrides = (value: unknown): Record<string, number> => {
  if (!isRecord(value)) throw new ControlError('overrides must be an object of operation and milliseconds')
  return Object.fromEntries(Object.keys(value).map((operation) => [operation, number(value, operation) ?? 0]))
}

/** Routes under /control: how a test or an operator makes the simulator misbehave and asks what it received. */
export const createControl = (state: Simulator) => {
  const app = new Hono()
  app.onError((error, c) => {
    if (error instanceof ControlError) return c.json({ error: error.message }, 400)
    throw error
  })
  return app
    .get('/health', (c) =>
      c.json({
        status: 'ok',
        seed: state.seed,
        timeZone: state.timeZone,
        now: new Date(state.clock.now()).toISOString(),
      }),
    )
    .get('/faults', (c) => c.json(state.faults.list()))
    .post('/faults', async (c) => {
      const body = await readJson(c)
      return c.json(state.faults.add((Array.isArray(body) ? body : [body]).map(toRule)), 201)
    })
    .delete('/faults', (c) => {
      state.faults.clear()
      return c.body(null, 204)
    })
    .post('/limits', async (c) => {
      const body = await readFields(c)
      const scale = number(body, 'scale')
      state.limits.configure({
        ...(scale === undefined ? {} : { scale }),
        ...(body.overrides === undefined ? {} : { overrides: toOverrides(body.overrides) }),
      })
      return c.json(state.limits.settings())
    })
    .post('/clock', async (c) => {
      state.clock.shift(number(await readFields(c), 'offsetMs', -1e13, 1e13) ?? 0)
      return c.json({ now: new Date(state.clock.now()).toISOString() })
    })
    .post('/mode', async (c) => {
      const empty = text(await readFields(c), 'empty')
      if (!emptyModes.some((mode) => mode === empty)) {
        throw new ControlError(`empty must be one of: ${emptyModes.join(', ')}`)
      }
      state.emptyMode = empty as EmptyMode
      return c.json({ empty: state.emptyMode })
    })
    .get('/calls', (c) => {
      const operation = c.req.query('operation')
      const calls = state.counters.calls()
      return c.json(operation === undefined ? calls : calls.filter((call) => call.operation === operation))
    })
    .get('/counts', (c) => c.json(state.counters.counts()))
    .post('/reset', (c) => {
      state.reset()
      return c.body(null, 204)
    })
}
