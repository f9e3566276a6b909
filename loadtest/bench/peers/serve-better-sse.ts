/** better-sse's channel on Bun, by the fetch API; what is POSTed to /publish goes to everybody who listens. */
import { told } from './told.ts'

const { port } = told<{ port: number }>()

/** The few members that are used here; its own types are there only once it is installed. */
interface BetterSse {
  createChannel(): { register(session: object): unknown; broadcast(data: unknown, event: string): unknown }
  createResponse(request: Request, open: (session: object) => void): Response
}
const packageName: string = 'better-sse'
const { createChannel, createResponse } = (await import(packageName)) as BetterSse

const channel = createChannel()
Bun.serve({
  port,
  hostname: '127.0.0.1',
  idleTimeout: 60,
  async fetch(request) {
    if (request.url.endsWith('/events'))
      return createResponse(request, (session) => channel.register(session))
    if (request.url.endsWith('/publish')) channel.broadcast(await request.json(), 'board')
    return new Response()
  },
})
