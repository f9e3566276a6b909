/** Hono's streamSSE on Bun; what is POSTed to /publish goes to everybody who listens. */
import { told } from './told.ts'

const { port } = told<{ port: number }>()
const names = { hono: 'hono' as string, streaming: 'hono/streaming' as string }
const { Hono } = (await import(names.hono)) as typeof import('hono')
const { streamSSE } = (await import(names.streaming)) as typeof import('hono/streaming')

type Stream = Parameters<Parameters<typeof streamSSE>[1]>[0]
const listeners = new Set<Stream>()
let published = 0
const app = new Hono()
app.get('/ready', (c) => c.text('ready'))
app.get('/events', (c) =>
  streamSSE(c, async (stream) => {
    // Bun sends the head with the first bytes.
    await stream.write(': open\n\n')
    listeners.add(stream)
    await new Promise<void>((resolve) => stream.onAbort(resolve))
    listeners.delete(stream)
  }),
)
app.post('/publish', async (c) => {
  const data = await c.req.text()
  published += 1
  const id = String(published)
  for (const stream of listeners) void stream.writeSSE({ id, event: 'board', data })
  return c.body(null, 204)
})
Bun.serve({ port, hostname: '127.0.0.1', idleTimeout: 60, fetch: app.fetch })
