import { chromium, ensureProgram, redisServer } from './ensure-program.ts'

/** What the tests need beside npm's packages: a real Redis and a real browser. */
try {
  const say = (text: string) => process.stdout.write(`${text}\n`)
  ensureProgram(redisServer, say)
  if (!process.env.CHROMIUM_PATH) ensureProgram(chromium, say)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}
