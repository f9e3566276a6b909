import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { type Child, startChild } from '#lib/processes/child.ts'

/** Something that builds images and runs them on this machine's network. */
export interface ImageEngine {
  readonly name: string
  build(tag: string, buildArgs: Readonly<Record<string, string>>): void
  /** In words, as the engine says it. */
  sizeOf(tag: string): string
  /** Starts the image as its entry point and user say; `end` also removes what was made for it. */
  run(tag: string, env: Readonly<Record<string, string>>): Child
}

export class EngineError extends Error {
  override readonly name = 'EngineError'
}

function must(
  command: string,
  args: readonly string[],
  options: { cwd: string; env?: Record<string, string> },
): SpawnSyncReturns<string> {
  const done = spawnSync(command, [...args], { ...options, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
  if (done.status !== 0)
    throw new EngineError(
      `${command} ${args.join(' ')} failed:\n${(done.stderr || done.stdout || '').slice(-4000)}`,
    )
  return done
}

const flags = (flag: string, values: Readonly<Record<string, string>>): string[] =>
  Object.entries(values).flatMap(([name, value]) => [flag, `${name}=${value}`])

const environment = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )

const hasDocker = (): boolean => spawnSync('docker', ['info']).status === 0

/**
 * Docker where an engine answers; else the command that IMAGE_BUILD names, called as `COMMAND TAG BUILD-ARGUMENTS…`,
 * with buildah to run what it built. Throws EngineError, saying what to do, where there is neither.
 */
export function findEngine(root: string, builder: string | undefined): ImageEngine {
  if (hasDocker()) return docker(root)
  if (builder) return buildah(root, builder)
  throw new EngineError(
    'No Docker engine answers here. Start one, or set IMAGE_BUILD to a command that builds an image from this folder: COMMAND TAG --build-arg NAME=VALUE…',
  )
}

function docker(root: string): ImageEngine {
  const at = { cwd: root }
  return {
    name: 'docker',
    build: (tag, buildArgs) =>
      void must('docker', ['build', '--tag', tag, ...flags('--build-arg', buildArgs), '.'], at),
    sizeOf: (tag) => must('docker', ['image', 'ls', '--format', '{{.Size}}', tag], at).stdout.trim(),
    run: (tag, env) =>
      startChild('docker', ['run', '--rm', '--read-only', '--network', 'host', ...flags('--env', env), tag], {
        env: environment(),
      }),
  }
}

/** Without an engine nothing makes the root read-only; that the user may not write there stands in for it. */
function buildah(root: string, builder: string): ImageEngine {
  // Neither needs a mount or a namespace, so both work where no engine can.
  const env = { ...environment(), STORAGE_DRIVER: 'vfs', BUILDAH_ISOLATION: 'chroot' }
  const at = { cwd: root, env }
  const words = '{{range .OCIv1.Config.Entrypoint}}{{println .}}{{end}}'
  const tool = (...args: string[]) => must('buildah', args, at).stdout.trim()
  return {
    name: builder,
    build: (tag, buildArgs) => void must(builder, [tag, ...flags('--build-arg', buildArgs)], at),
    sizeOf: (tag) => tool('images', '--format', '{{.Size}}', tag),
    run(tag, settings) {
      const container = tool('from', '--pull-never', tag)
      const entryPoint = tool('inspect', '--format', words, container).split('\n')
      const run = ['run', ...flags('--env', settings), container, '--', ...entryPoint]
      const child = startChild('buildah', run, { env })
      return {
        ...child,
        async end(signal) {
          await child.end(signal)
          tool('rm', container)
        },
      }
    },
  }
}
