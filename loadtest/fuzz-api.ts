import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cacheFolder, ToolMissing } from './cache-folder.ts'
import { type FuzzRun, runSchemathesis, schemathesis } from './schemathesis.ts'
import { post, signIn } from './sign-in.ts'
import { openTarget, type Target } from './target.ts'

/** What the load balancer does not lead to, though each service's document names it. */
const notRouted = '^GET /(healthz|readyz|redis-health)$'

interface Known {
  readonly shared: string
  readonly toEnd: string
  /** A configuration that names a request which exists. */
  readonly config: string
}

/** All that is left out anywhere stands here, with its reason. */
function runsFor(baseUrl: string, { shared, toEnd, config }: Known): FuzzRun[] {
  const run = (name: string, rest: Partial<FuzzRun>): FuzzRun => ({
    document: `${baseUrl}/${name}/openapi.json`,
    token: shared,
    examplesMax: 100,
    withoutChecks: [],
    ...rest,
  })
  return [
    // Logging out ends the session of every later request, so it runs alone, with a session of its own.
    run('auth', { exclude: `${notRouted}|^POST /auth/logout$` }),
    run('auth', { include: '^POST /auth/logout$', token: toEnd }),
    // Which params are right depends on the action, so that the document's one schema for all is looser than the service.
    run('tebra', { include: '^POST /tebra/requests$', withoutChecks: ['positive_data_acceptance'] }),
    run('tebra', { exclude: `${notRouted}|^POST /tebra/requests$` }),
    // Ids made up at random are never found; here they name a request that exists.
    run('tebra', { include: '^(GET|POST) /tebra/requests/\\{id\\}', config }),
    // GET /events has no end for a client that waits for one; the scenarios in k6/ read it.
    run('events', { exclude: `${notRouted}|^GET /events$` }),
  ]
}

/** Signs in twice and submits a request, so that there is something to find. */
async function prepare(target: Target, folder: string): Promise<Known> {
  const [admin, operator] = ['admin', 'operator'].map((role) =>
    target.users.find((user) => user.roles.some((held) => held === role)),
  )
  if (!admin || !operator) throw new Error('the stack has no admin or no operator to sign in as')
  const shared = await signIn(target.baseUrl, admin)
  const { id } = await post(`${target.baseUrl}/tebra/requests`, { action: 'getProviders' }, shared)
  if (typeof id !== 'string') throw new Error('the request to look for was not accepted')
  const config = join(folder, 'schemathesis.toml')
  await writeFile(config, `[parameters]\n"path.id" = "${id}"\n`)
  return { shared, toEnd: await signIn(target.baseUrl, operator), config }
}

/** Random and malformed requests against every operation of the three documents; resolves to the worst run's exit code. */
async function fuzz(): Promise<number> {
  const program = await schemathesis(cacheFolder(process.env), (line) => console.log(line))
  const target = await openTarget(undefined, undefined)
  const folder = await mkdtemp(join(tmpdir(), 'fuzz-'))
  try {
    let worst = 0
    for (const run of runsFor(target.baseUrl, await prepare(target, folder)))
      worst = Math.max(worst, await runSchemathesis(program, run))
    return worst
  } finally {
    await target.close()
    await rm(folder, { recursive: true, force: true })
  }
}

try {
  process.exitCode = await fuzz()
} catch (error) {
  if (!(error instanceof ToolMissing)) throw error
  console.error(error.message)
  process.exitCode = 2
}
