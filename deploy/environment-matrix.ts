import { readFile, writeFile } from 'node:fs/promises'
import { AuthSessionConfig } from '../services/auth-session/config.ts'
import { StreamSseConfig } from '../services/stream-sse/config.ts'
import { TebraProxyWorkerConfig } from '../services/tebra-proxy-worker/config.ts'
import { renderExample, renderMatrix, replaceBetweenMarkers } from './environment-render.ts'
import { variablesOf } from './environment-variables.ts'

const root = new URL('../', import.meta.url)
const configs = [
  { service: 'auth-session', schema: AuthSessionConfig },
  { service: 'tebra-proxy-worker', schema: TebraProxyWorkerConfig },
  { service: 'stream-sse', schema: StreamSseConfig },
]

export const variables = variablesOf(configs)

interface GeneratedFile {
  readonly name: string
  readonly wanted: string
  readonly current: string | undefined
}

const current = (name: string): Promise<string | undefined> =>
  readFile(new URL(name, root), 'utf8').catch(() => undefined)

/** The files made from the services' schemas, as they are and as they should be. */
export async function generatedFiles(): Promise<GeneratedFile[]> {
  const services = configs.map((config) => config.service)
  const readme = await current('README.md')
  const withMatrix =
    readme === undefined ? undefined : replaceBetweenMarkers(readme, renderMatrix(variables, services))
  return [
    {
      name: '.env.example',
      wanted: renderExample(variables, services),
      current: await current('.env.example'),
    },
    ...(withMatrix === undefined ? [] : [{ name: 'README.md', wanted: withMatrix, current: readme }]),
  ]
}

/** Names of the files that no longer say what the schemas say. */
export async function staleFiles(): Promise<string[]> {
  const files = await generatedFiles()
  return files.filter((file) => file.current !== file.wanted).map((file) => file.name)
}

if (import.meta.main) {
  if (process.argv.includes('--check')) {
    const stale = await staleFiles()
    for (const name of stale) console.error(`${name} is out of date: npm run environment`)
    process.exitCode = stale.length > 0 ? 1 : 0
  } else {
    for (const file of await generatedFiles()) {
      await writeFile(new URL(file.name, root), file.wanted)
      console.log(`${file.name}: ${variables.length} variables`)
    }
  }
}
