import { afterEach, expect, test } from 'vitest'
import { post } from './post.ts'
import { failureOf, type Rig, serveUpstream } from './testing/serve-upstream.ts'
import type { UpstreamDeps } from './upstream.ts'

let rig: Rig | undefined
afterEach(() => rig?.stop())

function serve(
  fetch: (request: Request) => Response | Promise<Response>,
  overrides: Partial<UpstreamDeps> = {},
) {
  rig = serveUpstream({ fetch }, '/', overrides)
  const { deps, context } = rig
  return (signal = context.signal, operation = 'CreateAppointment') =>
    post(deps, { operation, headers: {}, body: 'x', signal })
}

test('takes no more of an endless answer than its limit and what is on the wire', async () => {
  let sent = 0
  let cancelled = false
  const endless = () =>
    new Response(
      new ReadableStream({
        async pull(controller) {
          sent += 65_536
          controller.enqueue(new Uint8Array(65_536).fill(32))
          await Bun.sleep(0)
        },
        cancel() {
          cancelled = true
        },
      }),
    )
  const send = serve(endless, { answerBytesMax: 1_000_000 })
  expect(await failureOf(send())).toMatchObject({ reason: 'answer-too-large', kind: 'unclear' })
  while (!cancelled) await Bun.sleep(1)
  expect(sent).toBeLessThan(16_000_000)
})

test('joins characters that the network has cut', async () => {
  const bytes = new TextEncoder().encode('Renée 🩺')
  const send = serve(
    () =>
      new Response(
        new ReadableStream({
          async start(controller) {
            for (const byte of bytes) {
              controller.enqueue(Uint8Array.of(byte))
              await Bun.sleep(1)
            }
            controller.close()
          },
        }),
      ),
  )
  expect((await send()).text).toBe('Renée 🩺')
})

test('does not follow a redirect, which would carry credentials elsewhere', async () => {
  let asked = 0
  const send = serve(() => {
    asked++
    return Response.redirect('/elsewhere', 307)
  })
  expect((await send()).status).toBe(307)
  expect(asked).toBe(1)
})

test('calls a refused connection a failed connect, of a write too', async () => {
  const send = serve(() => new Response())
  await rig?.stop()
  expect(await failureOf(send())).toMatchObject({ reason: 'connect-failed', kind: 'transient' })
  const unknown = post(
    { ...(rig as Rig).deps, endpoint: new URL('http://tebra.invalid/') },
    { operation: 'CreateAppointment', headers: {}, body: '', signal: new AbortController().signal },
  )
  expect(await failureOf(unknown)).toMatchObject({ reason: 'connect-failed', kind: 'transient' })
})

test('gives each create a connection of its own, never sends one twice, and reuses connections for reads', async () => {
  let [opened, received] = [0, 0]
  const server = Bun.listen({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      open() {
        opened++
      },
      data(socket) {
        received++
        if (received === 5) socket.end()
        else socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
      },
    },
  })
  rig = serveUpstream({ fetch: () => new Response() }, '/')
  const deps = { ...rig.deps, endpoint: new URL(`http://127.0.0.1:${server.port}/`) }
  const { signal } = rig.context
  const send = (operation: string) => post(deps, { operation, headers: {}, body: 'x', signal })
  for (const operation of ['GetPatient', 'GetPatient', 'CreateAppointment', 'CreateAppointment']) {
    expect((await send(operation)).text).toBe('ok')
  }
  expect(opened).toBe(3)
  expect(await failureOf(send('CreateAppointment'))).toMatchObject({
    reason: 'connection-lost',
    kind: 'unclear',
  })
  expect(received).toBe(5)
  server.stop(true)
})
