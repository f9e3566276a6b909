import { spawnSync } from 'node:child_process'

const runs = (command: string, args: readonly string[]): boolean =>
  spawnSync(command, args, { stdio: 'ignore' }).status === 0

/**
 * Sees to it that redis-server is on PATH: installs Debian's package where we may, else throws with what to do.
 */
export function findRedis(say: (text: string) => void): void {
  if (runs('redis-server', ['--version'])) return
  const mayInstall = process.getuid?.() === 0 && runs('apt-get', ['--version'])
  if (mayInstall) {
    say('redis-server is missing: installing it with apt-get …')
    if (!runs('apt-get', ['install', '-y', '-qq', 'redis-server'])) {
      runs('apt-get', ['update', '-qq'])
      runs('apt-get', ['install', '-y', '-qq', 'redis-server'])
    }
    if (runs('redis-server', ['--version'])) return
  }
  throw new Error(
    'redis-server is not on PATH and could not be installed.\n' +
      'Install Redis 7 or later: sudo apt-get install redis-server (Debian, Ubuntu), brew install redis (macOS).',
  )
}
