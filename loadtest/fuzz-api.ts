import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DemoUser, demoUsers } from '../deploy/local/demo-users.ts'
import { type Stack, startStack } from '../deploy/local/stack.ts'
import { lavishRates } from '../lib/testing/lavish-rates.ts'
import { cacheFolder, ToolMissing } from './cache-folder.ts'
import { makeFindable } from './fuzz/found.ts'
import { administratorOf, withPasskey } from './fuzz/people.ts'
import { runsFor } from './fuzz/runs.ts'
import { runSchemathesis, schemathesis } from './fuzz/schemathesis.ts'
import { openSessionDesk } from './fuzz/session-desk.ts'
import type { FuzzRun } from './fuzz/settings.ts'
import { post } from './sign-in.ts'

/** `npm run fuzz:api -- tebra` tests one document. */
const wanted = process.argv.slice(2)
const isWanted = ({ document }: FuzzRun) =>
  wanted.length === 0 || wanted.some((name) => document.endsWith(`/${name}/openapi.json`))

const env = {
  ...lavishRates,
  // The fuzzer's requests say where they come from as a load balancer's do; see hooks.py.
  TRUSTED_PROXIES: '2',
  // Dead letters are made by an upstream that fails, which is not to open the breaker.
  BREAKER_FAILURES: '1000',
}

/** The fuzzer uses some of them up, by taking their roles, passkeys or accounts away. */
const administrators = 12

/** Random and malformed requests against every operation of the three documents; resolves to the worst run's exit code. */
async function fuzz(): Promise<number> {
  const program = await schemathesis(cacheFolder(process.env), (line) => console.log(line))
  const folder = await mkdtemp(join(tmpdir(), 'fuzz-'))
  try {
    const { file, users } = await demoUsers(folder)
    const people = Array.from({ length: administrators + 1 }, (_, n) => administratorOf(`practice-${n}`))
    await writeFile(file, JSON.stringify([...users, ...people]))
    const stack = await startStack({ folder, env })
    try {
      return await fuzzStack(program, folder, stack, people)
    } finally {
      await stack.stop()
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function fuzzStack(
  program: string,
  folder: string,
  stack: Stack,
  people: readonly DemoUser[],
): Promise<number> {
  const [neighbour = [], ...administrator] = people.map((one) => [() => withPasskey(stack.baseUrl, one)])
  const operator = stack.users.filter(({ email }) => email === 'admin@demo.example')
  const desk = openSessionDesk({
    operator: operator.map((one) => () => withPasskey(stack.baseUrl, one)),
    administrator: administrator.flat(),
    neighbour,
  })
  try {
    const sessions = {
      operator: desk.url('operator'),
      administrator: desk.url('administrator'),
      neighbour: desk.url('neighbour'),
    }
    const tokenOf = async (url: string) => String((await post(url, undefined)).token)
    const found = await makeFindable(stack, {
      operator: await tokenOf(sessions.operator),
      administrator: await tokenOf(sessions.administrator),
    })
    let worst = 0
    for (const run of runsFor(stack, sessions, found).filter(isWanted))
      worst = Math.max(worst, await runSchemathesis(program, folder, run))
    return worst
  } finally {
    await desk.close()
  }
}

try {
  process.exitCode = await fuzz()
} catch (error) {
  if (!(error instanceof ToolMissing)) throw error
  console.error(error.message)
  process.exitCode = 2
}
