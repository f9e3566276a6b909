import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ConfigError } from '#lib/config/read-config.ts'
import { createLineWriter } from '#lib/observability/line-writer.ts'
import { createLogger } from '#lib/observability/logger.ts'
import { drainDeadlineMs, endOnSignals, startOrExplain } from './run-service.ts'

type Event = 'SIGTERM' | 'SIGINT' | 'unhandledRejection' | 'uncaughtException'

/** The part of a process that starting and ending touches. */
function fakeProcess() {
  const listeners = new Map<Event, (error?: unknown) => void>()
  const exits: number[] = []
  const said: string[] = []
  return {
    signals: {
      stderr: { write: (text: string) => said.push(text) },
      on: (event: Event, listener: (error?: unknown) => void) => listeners.set(event, listener),
      exit: (code: number) => {
        exits.push(code)
      },
    },
    emit: (event: Event, error?: unknown) => listeners.get(event)?.(error),
    exits,
    said,
  }
}

const lines: string[] = []
const logger = createLogger(
  { service: 'tiny', version: 'test', level: 'info' },
  { write: (line) => lines.push(line) },
)
const messages = () => lines.map((line) => JSON.parse(line).message)

beforeEach(() => {
  lines.length = 0
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

test.each(['SIGTERM', 'SIGINT'] as const)('drains on %s and exits 0', async (signal) => {
  const { signals, emit, exits } = fakeProcess()
  let drained = 0
  endOnSignals({
    signals,
    logger,
    drain: async () => {
      drained += 1
    },
  })
  emit(signal)
  await vi.runAllTimersAsync()
  expect(drained).toBe(1)
  expect(exits).toEqual([0])
  expect(messages()).toEqual(['draining', 'drained'])
})

test('drains once, however often it is told to end', async () => {
  const { signals, emit, exits } = fakeProcess()
  let drained = 0
  endOnSignals({
    signals,
    logger,
    drain: async () => {
      drained += 1
    },
  })
  emit('SIGTERM')
  emit('SIGINT')
  emit('SIGTERM')
  await vi.runAllTimersAsync()
  expect(drained).toBe(1)
  expect(exits).toEqual([0])
})

test('exits 1 when draining takes longer than the deadline, and not before', async () => {
  const { signals, emit, exits } = fakeProcess()
  endOnSignals({ signals, logger, drain: () => new Promise(() => {}) })
  emit('SIGTERM')
  await vi.advanceTimersByTimeAsync(drainDeadlineMs - 1)
  expect(exits).toEqual([])
  await vi.advanceTimersByTimeAsync(1)
  expect(exits).toEqual([1])
  expect(messages()).toContain('draining took too long')
})

test.each([
  ['is drained', 'SIGTERM', () => Promise.resolve()],
  ['cannot be drained', 'SIGTERM', () => Promise.reject(new Error('stuck'))],
  ['meets an error that nobody handles', 'uncaughtException', () => Promise.resolve()],
] as const)('writes its last lines before it exits when it %s', async (_, event, drain) => {
  const order: string[] = []
  const { signals, emit } = fakeProcess()
  const destination = { write: () => order.push('line'), flush: () => order.push('flush') }
  const flushed = createLogger({ service: 'tiny', version: 'test', level: 'info' }, destination)
  endOnSignals({
    signals: { ...signals, exit: () => order.push('exit') },
    logger: flushed,
    drain,
  })
  emit(event, new Error('unhandled'))
  await vi.advanceTimersByTimeAsync(0)
  expect(order.slice(-3)).toEqual(['line', 'flush', 'exit'])
})

test('ends before the platform kills it, 10 s after SIGTERM', () => {
  expect(drainDeadlineMs).toBeLessThan(10_000)
})

test('exits 1 when draining fails', async () => {
  const { signals, emit, exits } = fakeProcess()
  endOnSignals({ signals, logger, drain: () => Promise.reject(new Error('patient Miller')) })
  emit('SIGTERM')
  await vi.advanceTimersByTimeAsync(0)
  expect(exits).toEqual([1])
  expect(messages()).toContain('draining failed')
  expect(lines.join('')).not.toContain('Miller')
})

test.each(['unhandledRejection', 'uncaughtException'] as const)(
  'an %s is logged by its class and stops the process',
  (event) => {
    const { signals, emit, exits } = fakeProcess()
    endOnSignals({ signals, logger, drain: async () => {} })
    emit(event, new TypeError('patient Miller'))
    expect(exits).toEqual([1])
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ severity: 'CRITICAL', err: { name: 'TypeError' } })
    expect(lines.join('')).not.toContain('Miller')
  },
)

test('says nothing and does not exit when the start succeeds', async () => {
  const { signals, exits, said } = fakeProcess()
  await startOrExplain(signals, async () => {})
  expect([exits, said]).toEqual([[], []])
})

test.each([new Error('Redis was not ready'), new ConfigError('PORT: is required')])(
  'tells an operator’s mistake in plain words, without a stack, and exits 1',
  async (error) => {
    const { signals, exits, said } = fakeProcess()
    await startOrExplain(signals, () => Promise.reject(error))
    expect(said).toEqual([`${error.message}\n`])
    expect(exits).toEqual([1])
  },
)

test('shows the stack of a programming error', async () => {
  const { signals, exits, said } = fakeProcess()
  await startOrExplain(signals, async () => {
    throw new TypeError('x is not a function')
  })
  expect(said.join('')).toMatch(/x is not a function[\s\S]*run-service\.test\.ts/)
  expect(exits).toEqual([1])
})

test('has written what was logged when a service that does not start exits', async () => {
  vi.useRealTimers()
  const folder = await mkdtemp(join(tmpdir(), 'run-service-'))
  const path = join(folder, 'log')
  const filed = createLogger({ service: 'tiny', version: 'test', level: 'info' }, createLineWriter(path))
  const { signals } = fakeProcess()
  let atExit = ''
  signals.exit = () => {
    atExit = readFileSync(path, 'utf8')
  }
  await startOrExplain(signals, async () => {
    filed.warn('the last words')
    throw new ConfigError('PORT: is required')
  })
  await rm(folder, { recursive: true })
  expect(atExit).toContain('the last words')
})

test('exits 1 also when what was thrown is not an error', async () => {
  const { signals, exits, said } = fakeProcess()
  await startOrExplain(signals, () => Promise.reject('no'))
  expect(said).toEqual(['could not start\n'])
  expect(exits).toEqual([1])
})
