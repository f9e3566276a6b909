import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { prettyFactory } from 'pino-pretty'
import { buildConsole } from '../../services/stream-sse/console/build.ts'
import type { DemoUser } from './demo-users.ts'
import { ensureProgram, redisServer } from './ensure-program.ts'
import { type Stack, startStack } from './stack.ts'
import { lockStack } from './stack-lock.ts'

const folder = process.env.STACK_FOLDER ?? fileURLToPath(new URL('../../.local', import.meta.url))
const say = (text: string) => process.stdout.write(`${text}\n`)

const pretty = prettyFactory({
  colorize: process.stdout.isTTY === true,
  messageKey: 'message',
  ignore: 'service,version,severity,requestId',
  translateTime: 'SYS:HH:MM:ss',
  singleLine: true,
})

/** A service's JSON line as a readable one; Redis and the simulator speak plainly already and are left out when well. */
function show(source: string, line: string): void {
  if (source === 'redis' || source === 'simulator') return
  const text = line.startsWith('{') ? pretty(line) : `${line}\n`
  process.stdout.write(`${source.padEnd(19)} ${text}`)
}

function portIsBusy(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

function welcome(baseUrl: string, users: readonly DemoUser[]): string {
  const rows = users.map(
    ({ email, password, totpSecret }) =>
      `  ${email.padEnd(26)} ${password}${totpSecret ? `   TOTP secret ${totpSecret}` : ''}`,
  )
  return [
    '',
    `The console is at ${baseUrl}/console/`,
    '',
    'Sign in as (also in .local/demo-users.json):',
    ...rows,
    '',
    'Ctrl-C ends everything.',
    '',
  ].join('\n')
}

const pidsOf = ({ processes, redis }: Stack): Record<string, number> =>
  Object.fromEntries(
    [...processes, ['redis', redis.child] as const].map(([name, child]) => [name, child.process.pid ?? 0]),
  )

/** Listens from now on: a signal that ended this process while the stack starts would leave the stack behind. */
const askedToEnd = (): Promise<void> =>
  new Promise((resolve) => {
    process.once('SIGINT', () => resolve())
    process.once('SIGTERM', () => resolve())
  })

async function main(): Promise<void> {
  const port = Number(process.env.PORT ?? 8080)
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new Error('PORT must be a number from 1 to 65535')
  ensureProgram(redisServer, say)
  const asked = askedToEnd()
  const lock = await lockStack(folder, process.pid)
  try {
    if (await portIsBusy(port))
      throw new Error(
        `Port ${port} is in use. Stop what listens there, or choose another: PORT=9090 npm start`,
      )
    say('Building the console …')
    await buildConsole()
    say('Starting Redis, the Tebra simulator, the three services and the gateway …')
    const stack = await startStack({ folder, port, onLine: show })
    await lock.record(pidsOf(stack))
    say(welcome(stack.baseUrl, stack.users))
    await asked
    say('\nEnding …')
    await stack.stop()
  } finally {
    await lock.release()
  }
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exit(1)
  },
)
