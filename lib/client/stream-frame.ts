import type { ByeCode, EventEnvelope, ResyncReason } from '#lib/contract/events.ts'
import type { ServerSentEvent } from './sse-parser.ts'

export type StreamFrame =
  | { readonly kind: 'event'; readonly envelope: EventEnvelope }
  | { readonly kind: 'ready' }
  | { readonly kind: 'resync'; readonly reason: ResyncReason }
  | { readonly kind: 'bye'; readonly code: ByeCode }
  | { readonly kind: 'unreadable' }
  | { readonly kind: 'unknown' }

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/**
 * Names what a server-sent event is. The shapes are the contract's and are trusted, coming from our own origin;
 * an event name nobody asked for is `unknown`, so that the server may add one.
 * @param streams the names of business events
 */
export function readFrame(event: ServerSentEvent, streams: readonly string[]): StreamFrame {
  const { type } = event
  if (type === 'ready') return { kind: 'ready' }
  if (!streams.includes(type) && type !== 'resync' && type !== 'bye') return { kind: 'unknown' }
  const body = parseObject(event.data)
  if (body === undefined) return { kind: 'unreadable' }
  if (type === 'bye') return { kind: 'bye', code: body.code as ByeCode }
  if (type === 'resync') return { kind: 'resync', reason: body.reason as ResyncReason }
  if (typeof body.data !== 'object' || body.data === null) return { kind: 'unreadable' }
  return { kind: 'event', envelope: body as unknown as EventEnvelope }
}
