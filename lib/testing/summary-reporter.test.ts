import { expect, test } from 'vitest'
import type { TestModule } from 'vitest/node'
import { totalsLine, totalsOf } from './summary-reporter.ts'

/** As much of a test file's report as the totals look at. */
const file = (states: readonly string[], errors: readonly Error[] = []) =>
  ({
    errors: () => errors,
    children: { allTests: () => states.map((state) => ({ result: () => ({ state }) })) },
  }) as unknown as TestModule

test('counts what passed, failed and was skipped over all files', () => {
  const totals = totalsOf([file(['passed', 'passed', 'failed']), file(['skipped', 'passed'])], 0)
  expect(totalsLine(totals)).toBe('3 passed, 1 failed, 1 skipped')
})

test('counts a file that cannot be loaded, and an error outside every test, as failures', () => {
  const totals = totalsOf([file([], [new Error('import')]), file(['passed'])], 1)
  expect(totalsLine(totals)).toBe('1 passed, 2 failed')
})
