import { spawnSync } from 'node:child_process'

const runs = (command: string, args: readonly string[]): boolean =>
  spawnSync(command, args, { stdio: 'ignore' }).status === 0

interface Program {
  /** Any one of these on PATH is enough. */
  readonly commands: readonly string[]
  /** Debian's package. */
  readonly debian: string
  /** What a person does where we may not install. */
  readonly advice: string
}

export const redisServer: Program = {
  commands: ['redis-server'],
  debian: 'redis-server',
  advice:
    'Install Redis 7 or later: sudo apt-get install redis-server (Debian, Ubuntu), brew install redis (macOS).',
}

export const chromium: Program = {
  commands: ['chromium', 'chromium-browser', 'google-chrome'],
  debian: 'chromium',
  advice: 'Install Chromium, or name one: CHROMIUM_PATH=/path/to/chromium npm test',
}

/** Sees to it that a program is on PATH: installs Debian's package where we may, else throws with what to do. */
export function ensureProgram(program: Program, say: (text: string) => void): void {
  const isThere = () => program.commands.some((command) => runs(command, ['--version']))
  if (isThere()) return
  if (process.getuid?.() === 0 && runs('apt-get', ['--version'])) {
    say(`${program.debian} is missing: installing it with apt-get …`)
    const install = () => runs('apt-get', ['install', '-y', '-qq', '--no-install-recommends', program.debian])
    if (!install() && runs('apt-get', ['update', '-qq'])) install()
    if (isThere()) return
  }
  throw new Error(`${program.commands[0]} is not on PATH and could not be installed.\n${program.advice}`)
}
