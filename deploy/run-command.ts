/** What a command of an operator gets from the process it runs in. */
export interface CommandDeps {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly now: () => number
  readonly say: (line: string) => void
}

/** A command that cannot be taken; nothing was done. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Runs a command with the process's arguments; ends with 0, or with 1 and the reason. */
export function runCommand(command: (args: readonly string[], deps: CommandDeps) => Promise<void>): void {
  command(process.argv.slice(2), {
    env: process.env,
    now: Date.now,
    say: (line) => process.stdout.write(`${line}\n`),
  }).then(
    () => process.exit(0),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
      process.exit(1)
    },
  )
}
