/**
 * Starts the simulator: PORT (default 8090; 0 takes a free one), SIMULATOR_HOST (default 127.0.0.1), SIMULATOR_SEED
 * (default "clinic"), SIMULATOR_TIME_ZONE (default America/New_York), SIMULATOR_ACCOUNTS (JSON list of
 * {customerKey, user, password, practiceIds?, phpApiKey?}), SIMULATOR_LIMITS_SCALE (default 1; 0 switches the limits
 * off). Prints {"listening":PORT} once it answers.
 */
import { parseAccounts } from './accounts.ts'
import { createSimulator } from './app.ts'
import { systemClock } from './clock.ts'

const { app, state } = createSimulator({
  clock: systemClock,
  seed: process.env.SIMULATOR_SEED ?? 'clinic',
  timeZone: process.env.SIMULATOR_TIME_ZONE ?? 'America/New_York',
  accounts: parseAccounts(process.env.SIMULATOR_ACCOUNTS),
})
state.limits.configure({ scale: Number(process.env.SIMULATOR_LIMITS_SCALE ?? 1) })

const server = Bun.serve({
  port: Number(process.env.PORT ?? 8090),
  hostname: process.env.SIMULATOR_HOST ?? '127.0.0.1',
  // A hung call stays open until its caller gives up, not until an idle timer does.
  idleTimeout: 0,
  fetch: (request) => app.fetch(request),
})

const stop = () => {
  void server.stop(true).then(() => process.exit(0))
}
process.on('SIGTERM', stop)
process.on('SIGINT', stop)

console.log(JSON.stringify({ listening: server.port }))
