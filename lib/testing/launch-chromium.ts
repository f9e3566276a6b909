import { type Browser, chromium } from 'playwright-core'

const names = ['chromium', 'chromium-browser', 'google-chrome']
const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Where a Chromium is: `CHROMIUM_PATH`, else the first of its usual names on the path; undefined where there is none. */
export function findChromium(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const named = env.CHROMIUM_PATH
  if (named !== undefined && named !== '') return named
  for (const name of names) {
    const path = Bun.which(name, env.PATH === undefined ? {} : { PATH: env.PATH })
    if (path !== null) return path
  }
  return undefined
}

/**
 * Starts the machine's own Chromium without a window; the sandbox is off, as tests run as root in containers.
 * @throws Error where no Chromium is found
 */
export async function launchChromium(env: Readonly<Record<string, string | undefined>>): Promise<Browser> {
  const executablePath = findChromium(env)
  if (executablePath === undefined)
    throw new Error(`no Chromium: set CHROMIUM_PATH or install ${names.join(' or ')}`)
  return chromium.launch({ executablePath, args: quiet, timeout: 30_000 })
}
