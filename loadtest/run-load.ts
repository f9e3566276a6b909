import { spawn } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { cacheFolder, ToolMissing } from './cache-folder.ts'
import { k6Binary } from './k6-binary.ts'
import { type LoadOptions, readLoadOptions, UsageError } from './load-options.ts'
import { openTarget } from './target.ts'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** Runs the scenario; the exit code is k6's, which is not 0 when an objective was missed. */
async function runLoad({ command, baseUrl, settings }: LoadOptions): Promise<number> {
  const k6 = await k6Binary(cacheFolder(process.env), process.env, (line) => console.log(line))
  if (command === 'build') return 0
  const target = await openTarget(baseUrl, process.env.LOAD_USERS)
  try {
    const summary = here(`../.local/load/${command}`)
    await mkdir(here('../.local/load/'), { recursive: true })
    console.log(`${command} against ${target.baseUrl}`)
    const code = await run(k6, here(`./k6/${command}.ts`), {
      ...settings,
      BASE_URL: target.baseUrl,
      LOAD_USERS: JSON.stringify(target.users),
      SUMMARY: summary,
    })
    console.log(`figures: .local/load/${command}.json, objectives as JUnit: .local/load/${command}.xml`)
    return code
  } finally {
    await target.close()
  }
}

function run(k6: string, script: string, env: Readonly<Record<string, string>>): Promise<number> {
  const child = spawn(k6, ['run', '--quiet', '--no-usage-report', '--address', '', script], {
    stdio: ['ignore', 'inherit', 'inherit'],
    // This k6 has what the scenarios import; it is not to fetch another that has.
    env: { ...process.env, ...env, K6_AUTO_EXTENSION_RESOLUTION: 'false' },
  })
  const pass = (signal: NodeJS.Signals) => child.kill(signal)
  process.on('SIGINT', pass).on('SIGTERM', pass)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
  })
}

try {
  process.exitCode = await runLoad(readLoadOptions(process.argv.slice(2), process.env.ALLOW_REMOTE))
} catch (error) {
  if (!(error instanceof ToolMissing || error instanceof UsageError)) throw error
  console.error(error.message)
  process.exitCode = 2
}
