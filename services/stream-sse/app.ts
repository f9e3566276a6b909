import type { EventBus } from '#lib/bus/event-bus.ts'
import { addHealthRoutes, type HealthDeps } from '#lib/http/health-routes.ts'
import { serveOpenApi } from '#lib/http/openapi.ts'
import { createServiceApp, type ServiceAppDeps } from '#lib/http/service-app.ts'
import type { Instances } from './instances.ts'
import { addIssueTicket } from './issue-ticket.ts'
import { addListen, type ListenDeps } from './listen.ts'
import type { Places } from './places.ts'
import { addPublishEvent } from './publish-event.ts'
import { addConsole, type ConsoleFile } from './serve-console.ts'
import { addShowStreams } from './show-streams.ts'

export interface StreamSseDeps extends ServiceAppDeps, ListenDeps {
  readonly health: HealthDeps
  readonly origins: readonly string[]
  readonly bus: EventBus
  readonly places: Places
  readonly instances: Instances
  readonly consoleFiles: ReadonlyMap<string, ConsoleFile>
}

export function createApp(deps: StreamSseDeps) {
  const app = createServiceApp(deps)
  addListen(app, deps)
  addIssueTicket(app, deps)
  addPublishEvent(app, deps)
  addShowStreams(app, deps)
  addConsole(app, deps.consoleFiles)
  addHealthRoutes(app, deps.health)
  serveOpenApi(app, {
    path: '/events/openapi.json',
    title: 'stream-sse',
    version: deps.health.version,
    description: 'Tells whoever listens what happens in their practice, as Server-Sent Events.',
  })
  return app
}
