import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '#lib/processes/free-port.ts'
import { startRedisServer } from '#lib/processes/redis-server.ts'
import { untilAnswers } from '#lib/processes/wait.ts'
import { variables } from './environment-matrix.ts'
import { EngineError, findEngine, type ImageEngine } from './image-engine.ts'

const root = fileURLToPath(new URL('../', import.meta.url))
const services = ['auth-session', 'tebra-proxy-worker', 'stream-sse']

/** What a service needs to start: keys made for this run, Redis, and an upstream that is never called. */
function environmentOf(service: string, redisUrl: string, port: number): Record<string, string> {
  const account = { customerKey: 'none', user: 'none', password: 'none', timeZone: 'America/New_York' }
  const keys = variables
    .filter((variable) => variable.make !== undefined && variable.services.includes(service))
    .map((variable) => [variable.name, randomBytes(32).toString('base64')] as const)
  return {
    ...Object.fromEntries(keys),
    ENVIRONMENT: 'development',
    HOST: '127.0.0.1',
    PORT: String(port),
    REDIS_URL: redisUrl,
    ...(service === 'tebra-proxy-worker' && {
      TEBRA_URL: 'http://127.0.0.1:9/',
      TEBRA_ACCOUNTS: JSON.stringify({ trial: account }),
    }),
  }
}

/** Runs an image until its /healthz answers 200, in words; throws with the container's last lines when it does not. */
async function tryImage(
  engine: ImageEngine,
  service: string,
  tag: string,
  redisUrl: string,
): Promise<string> {
  const port = await freePort()
  const child = engine.run(tag, environmentOf(service, redisUrl, port))
  const output: string[] = []
  child.onLine((line) => output.push(line))
  try {
    const url = `http://127.0.0.1:${port}/healthz`
    await untilAnswers(url, 30_000)
    return await fetch(url).then((answer) => answer.text())
  } catch (error) {
    throw new EngineError(`${service} did not answer: ${error}\n${output.slice(-10).join('\n')}`)
  } finally {
    await child.end()
  }
}

async function buildImages(): Promise<void> {
  const engine = findEngine(root, process.env.IMAGE_BUILD)
  const folder = await mkdtemp(join(tmpdir(), 'images-'))
  const redis = await startRedisServer({ folder })
  try {
    for (const service of services) {
      const tag = `localhost/${service}:trial`
      console.log(`${service}: building with ${engine.name}`)
      engine.build(tag, { SERVICE: service, VERSION: 'trial' })
      const health = await tryImage(engine, service, tag, `redis://127.0.0.1:${redis.port}`)
      console.log(`${service}: ${tag}, ${engine.sizeOf(tag)}, /healthz 200 ${health}`)
    }
  } finally {
    await redis.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

try {
  await buildImages()
} catch (error) {
  if (!(error instanceof EngineError)) throw error
  console.error(error.message)
  process.exitCode = 1
}
