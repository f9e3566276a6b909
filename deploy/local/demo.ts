import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EventConnection } from '#lib/client/event-connection.ts'
import { TebraClient } from '#lib/client/tebra-client.ts'
import { LoginAnswer } from '#lib/contract/session.ts'
import type { DemoUser } from './demo-users.ts'
import { ensureProgram, redisServer } from './ensure-program.ts'
import { type Stack, startStack } from './stack.ts'

const say = (text: string) => process.stdout.write(`${text}\n`)

/** The main job once, without a person: sign in, listen, ask for today's schedule, see it arrive, leave nothing behind. */
async function demo(stack: Stack): Promise<void> {
  const { token, user } = await signIn(stack, userWith(stack.users, 'front-desk'))
  say(`signed in      ${user.email}, ${user.roles.join(', ')} at ${user.practiceId}`)

  const headers = { authorization: `Bearer ${token}` }
  const events = new EventConnection({
    url: `${stack.baseUrl}/events`,
    streams: ['tebra:responses', 'tebra:status'],
    headers,
  })
  const client = new TebraClient({ events, baseUrl: stack.baseUrl, headers })
  events.open()
  try {
    await new Promise<void>((resolve) => events.onState((state) => state.kind === 'open' && resolve()))
    say('listening      /events is open')

    const submittedAt = performance.now()
    const since = () => `${Math.round(performance.now() - submittedAt)} ms`.padStart(8)
    say(`submitted      syncSchedule for today`)
    const schedule = await client.call(
      'syncSchedule',
      {},
      { onProgress: ({ status }) => say(`${since()}       ${status}`) },
    )
    say(
      `${since()}       ${schedule.appointments.length} appointments on ${schedule.date} (${schedule.timeZone})`,
    )
    for (const { start, status, providerName } of schedule.appointments.slice(0, 3))
      say(`               ${start}  ${status.padEnd(20)} ${providerName ?? ''}`)
  } finally {
    events.close()
  }
}

function userWith(users: readonly DemoUser[], role: DemoUser['roles'][number]): DemoUser {
  const user = users.find(({ roles }) => roles.includes(role))
  if (!user) throw new Error(`there is no demo user with the role ${role}`)
  return user
}

async function signIn(stack: Stack, { email, password }: DemoUser): Promise<LoginAnswer & { token: string }> {
  const answer = await fetch(`${stack.baseUrl}/auth/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ email, password, delivery: 'bearer' }),
  })
  if (!answer.ok) throw new Error(`signing in was answered ${answer.status}`)
  const { token, ...rest } = LoginAnswer.parse(await answer.json())
  if (token === undefined) throw new Error('signing in gave no token')
  return { ...rest, token }
}

async function main(): Promise<void> {
  ensureProgram(redisServer, say)
  const folder = await mkdtemp(join(tmpdir(), 'workflow-demo-'))
  try {
    const lines: string[] = []
    const stack = await startStack({
      folder,
      env: { LOG_LEVEL: 'warn' },
      onLine: (source, line) => lines.push(`${source} ${line}`),
    }).catch((error: unknown) => {
      for (const line of lines.slice(-40)) say(line)
      throw error
    })
    try {
      await demo(stack)
    } finally {
      await stack.stop()
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exit(1)
  },
)
