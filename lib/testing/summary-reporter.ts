import { writeSync } from 'node:fs'
import type { Reporter, TestModule } from 'vitest/node'

interface Totals {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

/** A file that cannot be loaded, or an error outside every test, counts as one failure: nothing red reads as green. */
export function totalsOf(modules: readonly TestModule[], errorsOutside: number): Totals {
  const totals = { passed: 0, failed: errorsOutside, skipped: 0 }
  for (const module of modules) {
    totals.failed += module.errors().length
    for (const test of module.children.allTests()) {
      const { state } = test.result()
      if (state === 'passed') totals.passed++
      else if (state === 'failed') totals.failed++
      else totals.skipped++
    }
  }
  return totals
}

/** `N passed, N failed`, and `, N skipped` where there are any. */
export const totalsLine = ({ passed, failed, skipped }: Totals): string =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`

/** Prints the totals as the very last line of the run, after every other reporter and the coverage table. */
export class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errorsOutside: readonly unknown[]): void {
    const line = totalsLine(totalsOf(modules, errorsOutside.length))
    process.once('exit', () => writeSync(1, `${line}\n`))
  }
}
