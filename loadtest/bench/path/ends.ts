/** The ends of requests as the event streams tell them: who waits for one, and how often each has come. */
export function createEnds() {
  const seen = new Map<string, number>()
  const waiting = new Map<string, () => void>()
  return {
    /** An end may arrive before the answer that names its request. */
    of: (id: string): Promise<void> =>
      seen.has(id) ? Promise.resolve() : new Promise((resolve) => waiting.set(id, resolve)),
    arrived(id: string): void {
      seen.set(id, (seen.get(id) ?? 0) + 1)
      waiting.get(id)?.()
      waiting.delete(id)
    },
    lost: () => waiting.size,
    doubled: () => [...seen.values()].filter((times) => times > 1).length,
  }
}
export type Ends = ReturnType<typeof createEnds>

const response = 'event: tebra:responses\n'
const requestId = '"requestId":"'
const uuidLength = 36

/** Opens one person's stream, status events included as in a browser; resolves when it is live. */
export async function listen(url: string, token: string, ends: Ends): Promise<void> {
  const answer = await fetch(`${url}/events`, { headers: { Authorization: `Bearer ${token}` } })
  if (!answer.ok || !answer.body) throw new Error(`the event stream was answered ${answer.status}`)
  const { promise: ready, resolve } = Promise.withResolvers<void>()
  void read(answer.body, (frame) => {
    if (frame.includes('event: ready\n')) resolve()
    else if (frame.includes(response)) {
      const at = frame.indexOf(requestId) + requestId.length
      ends.arrived(frame.slice(at, at + uuidLength))
    }
  })
  await ready
}

async function read(body: ReadableStream<Uint8Array>, onFrame: (frame: string) => void): Promise<void> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of body) {
    const frames = (rest + decoder.decode(chunk, { stream: true })).split('\n\n')
    rest = frames.pop() ?? ''
    frames.forEach(onFrame)
  }
}
