import { fileURLToPath } from 'node:url'
import { readConfig } from '#lib/config/read-config.ts'
import { listenOptions } from '#lib/http/listen-options.ts'
import { openService } from '#lib/lifecycle/open-service.ts'
import { drainDeadlineMs, endOnSignals, startOrExplain } from '#lib/lifecycle/run-service.ts'
import { StreamSseConfig } from './config.ts'
import { readConsole } from './read-console.ts'
import { createStreamSse } from './stream-sse.ts'

/** Longer than the keep-alive and not endless, so that a dead connection is noticed; in seconds, by Bun's rule. */
const streamIdleSeconds = 60

await startOrExplain(process, async () => {
  const config = readConfig(StreamSseConfig, process.env)
  const ground = await openService('stream-sse', config, Date.now)
  const folder = config.CONSOLE_FOLDER ?? fileURLToPath(new URL('./console/dist', import.meta.url))
  const consoleFiles = await readConsole(folder)
  const service = await createStreamSse(ground, config, {
    random: Math.random,
    instance: crypto.randomUUID(),
    consoleFiles,
    collectGarbage: () => setImmediate(Bun.gc, true),
  })

  const server = Bun.serve({
    ...listenOptions,
    port: config.PORT,
    hostname: config.HOST,
    fetch(request, self) {
      self.timeout(request, streamIdleSeconds)
      return service.fetch(request)
    },
  })
  ground.logger.info({ port: server.port, consoleFiles: consoleFiles.size }, 'listening')

  endOnSignals({
    signals: process,
    logger: ground.logger,
    async drain() {
      // Streams first: stop() does not resolve while one is open, nor while a client leaves its last frames unread.
      await service.close()
      const cut = setTimeout(() => void server.stop(true), drainDeadlineMs - 3_000)
      await server.stop()
      clearTimeout(cut)
    },
  })
})
