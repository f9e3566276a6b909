import { hostname } from 'node:os'
import { readConfig } from '#lib/config/read-config.ts'
import { listenOptions } from '#lib/http/listen-options.ts'
import { openService } from '#lib/lifecycle/open-service.ts'
import { endOnSignals, startOrExplain } from '#lib/lifecycle/run-service.ts'
import { TebraProxyWorkerConfig } from './config.ts'
import { createTebraProxyWorker } from './tebra-proxy-worker.ts'

await startOrExplain(process, async () => {
  const config = readConfig(TebraProxyWorkerConfig, process.env)
  const ground = await openService('tebra-proxy-worker', config, Date.now)
  const service = await createTebraProxyWorker(ground, config, {
    random: Math.random,
    // A new name for each life of the process: what an earlier life left pending is reclaimed, never confused with ours.
    consumer: `${hostname()}-${process.pid}-${crypto.randomUUID().slice(0, 8)}`,
    rssBytes: () => process.memoryUsage.rss(),
  })

  const server = Bun.serve({
    ...listenOptions,
    port: config.PORT,
    hostname: config.HOST,
    // GET /tebra/requests/:id may wait 30 s for its end; Bun would cut a silent connection after 10.
    idleTimeout: 60,
    fetch: (request) => service.app.fetch(request),
  })
  ground.logger.info({ port: server.port, role: config.ROLE }, 'listening')

  endOnSignals({
    signals: process,
    logger: ground.logger,
    async drain() {
      await Promise.all([service.close(), server.stop()])
    },
  })
})
