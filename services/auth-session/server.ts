import { readConfig } from '#lib/config/read-config.ts'
import { listenOptions } from '#lib/http/listen-options.ts'
import { openService } from '#lib/lifecycle/open-service.ts'
import { drainDeadlineMs, endOnSignals, startOrExplain } from '#lib/lifecycle/run-service.ts'
import { connectReader, disconnect, untilReady } from '#lib/redis/connect.ts'
import { redisAt } from '#lib/redis/redis-place.ts'
import { createApp } from './app.ts'
import { createAuthDeps, serviceName } from './auth-deps.ts'
import { AuthSessionConfig } from './config.ts'
import { sweepEmergencies } from './emergency/sweep-emergencies.ts'
import { applyTouches, touchBlockMs } from './sessions/apply-touches.ts'
import { readSeedUsers, seedUsers } from './users/seed-users.ts'

const verifyBcrypt = (password: Uint8Array, hash: string) => Bun.password.verify(password, hash, 'bcrypt')

await startOrExplain(process, async () => {
  const config = readConfig(AuthSessionConfig, process.env)
  const seeds = config.SEED_USERS_FILE === undefined ? [] : await readSeedUsers(config.SEED_USERS_FILE)
  const ground = await openService(serviceName, config, Date.now)
  const { logger, redis, now } = ground

  const deps = await createAuthDeps(ground, config, { verifyBcrypt })
  const created = await seedUsers(deps, seeds)
  if (seeds.length > 0) logger.info({ created, existing: seeds.length - created }, 'users seeded')

  const reader = connectReader(redisAt(config, `${serviceName}-touches`), touchBlockMs, {
    onError: (error) => logger.warn({ err: error }, 'redis connection trouble'),
  })
  await untilReady(reader)
  const touches = applyTouches({ redis, reader, sessions: deps.sessions, logger, now })
  const checkpoints = deps.auditTrail.keep()
  const sweep = sweepEmergencies(deps)
  const app = createApp({ ...deps, touches: touches.healthy })
  const server = Bun.serve({
    ...listenOptions,
    port: config.PORT,
    hostname: config.HOST,
    idleTimeout: 30,
    fetch: (request, listener) =>
      app.fetch(request, {
        // Few routes ask for it.
        get address() {
          return listener.requestIP(request)?.address
        },
      }),
  })
  logger.info({ port: server.port }, 'listening')

  endOnSignals({
    signals: process,
    logger,
    drain: async () => {
      const cut = setTimeout(() => void server.stop(true), drainDeadlineMs - 2_000)
      await server.stop()
      clearTimeout(cut)
      await Promise.all([touches.stop(), checkpoints?.stop(), sweep.stop()])
      disconnect(redis)
    },
  })
})
