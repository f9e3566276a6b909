import type { EventEnvelope } from '#lib/contract/events.ts'

/** An event as a line of the tail; a response's data is patients' data and stays out. */
export interface ToldEvent {
  readonly stream: string
  readonly id: string
  readonly timestamp: string
  readonly what: string
  readonly about: string
  /** All of it in lower case, to be searched. */
  readonly searched: string
}

export function describeEvent(envelope: EventEnvelope): ToldEvent {
  const { stream, id, data } = envelope
  const { timestamp } = data
  const told =
    'requestId' in data
      ? { what: `${data.action}: ${data.status}`, about: data.requestId }
      : { what: data.event, about: data.key ?? JSON.stringify(data.data) }
  const searched = `${stream} ${told.what} ${told.about}`.toLowerCase()
  return { stream, id, timestamp, ...told, searched }
}
