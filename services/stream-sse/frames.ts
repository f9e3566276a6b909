import type { ByeCode, ResyncReason, StreamName } from '#lib/contract/events.ts'

/** Frames as bytes, made once and shared by every stream they go to (WHATWG HTML §9.2, event stream format). */
const encoder = new TextEncoder()

const frame = (event: string, data: unknown): Uint8Array =>
  encoder.encode(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)

/** JSON.stringify leaves no raw line break, so one `data:` line always suffices. */
export const eventFrame = (stream: string, cursor: string, envelope: unknown): Uint8Array =>
  encoder.encode(`id: ${cursor}\nevent: ${stream}\ndata: ${JSON.stringify(envelope)}\n\n`)

/** Sets a client's Last-Event-ID and dispatches nothing, so that a stream that saw no event can resume too. */
export const cursorFrame = (cursor: string): Uint8Array => encoder.encode(`id: ${cursor}\n\n`)

export const keepAliveFrame: Uint8Array = encoder.encode(': keep-alive\n\n')

export const readyFrame = (streams: readonly StreamName[]): Uint8Array => frame('ready', { streams })

export const resyncFrame = (reason: ResyncReason): Uint8Array => frame('resync', { reason })

/** `retryMs` spreads the clients' return, so that they do not all come back at once. */
export const byeFrame = (code: ByeCode, retryMs: number): Uint8Array =>
  encoder.encode(`retry: ${Math.round(retryMs)}\nevent: bye\ndata: ${JSON.stringify({ code })}\n\n`)

export function joined(frames: readonly Uint8Array[]): Uint8Array {
  const [only] = frames
  if (only && frames.length === 1) return only
  const whole = new Uint8Array(frames.reduce((total, { byteLength }) => total + byteLength, 0))
  let offset = 0
  for (const part of frames) {
    whole.set(part, offset)
    offset += part.byteLength
  }
  return whole
}
