import { fileURLToPath } from 'node:url'
import type { z } from 'zod'
import { type Child, startChild } from '../../../lib/processes/child.ts'
import { endWithUs } from './end-with-us.ts'
import { type Core, pinned } from './pinning.ts'

/** Starts a script in a fresh Bun process, on a core where one is named; what it is told is one argument of JSON. */
export function startProgram(script: URL, input: unknown, core?: Core): Child {
  const program = [process.execPath, fileURLToPath(script), JSON.stringify(input)] as const
  const [command, ...args] = core === undefined ? program : pinned(core, program)
  return endWithUs(startChild(command, args))
}

/** Runs a script to its end and reads the last line it said; a script that fails is quoted. */
export async function runProgram<S extends z.ZodType>(
  script: URL,
  input: unknown,
  options: { core?: Core; schema: S },
): Promise<z.output<S>> {
  const child = startProgram(script, input, options.core)
  const lines: string[] = []
  child.onLine((line) => lines.push(line))
  const code = await child.exited
  // The process may be gone a moment before its last line is read.
  await new Promise((resolve) => setTimeout(resolve, 20))
  if (code !== 0) throw new Error(`${script.pathname} ended with ${code}:\n${lines.slice(-20).join('\n')}`)
  return options.schema.parse(JSON.parse(lines.at(-1) ?? 'null'))
}

/** In a script that was started so: what it was told. */
export const readInput = <S extends z.ZodType>(schema: S): z.output<S> =>
  schema.parse(JSON.parse(process.argv[2] ?? 'null'))
