import { eventPlace } from '#lib/bus/event-place.ts'
import type { FieldCipher } from '#lib/crypto/field-cipher.ts'
import { placeOf } from '#lib/crypto/request-place.ts'
import { type EntryId, formatEntryId, parseEntryId, type Source } from './cursor.ts'

/** One entry of a source as Redis gave it, with whom it is for; the rest of it is read only where somebody listens. */
export interface StreamEvent {
  readonly source: Source
  readonly id: EntryId
  readonly stream: string
  /** See `audienceOf`. */
  readonly audience: string
  readonly flat: readonly string[]
}

/**
 * Whom an event is for, as one word: the events of `tebra:*` reach the requester and nobody else, those of the bus one
 * user or, where `userId` is empty, all of the practice who may hear the stream.
 */
export const audienceOf = (stream: string, practiceId: string, userId: string): string =>
  `${stream} ${practiceId} ${userId}`

export function parseEvent(source: Source, entry: string, flat: readonly string[]): StreamEvent {
  const stream = source === 'events' ? fieldOf(flat, 'stream') : source
  return {
    source,
    id: parseEntryId(entry),
    stream,
    audience: audienceOf(stream, fieldOf(flat, 'practiceId'), fieldOf(flat, 'userId')),
    flat,
  }
}

/** The envelope a browser gets (`EventEnvelope`); what is sealed is opened here, once for all who may see it. */
export async function toEnvelope(event: StreamEvent, cipher: FieldCipher): Promise<unknown> {
  const fields = fieldsOf(event.flat)
  const data =
    event.source === 'events' ? await busEvent(fields, cipher) : await tebraEvent(event, fields, cipher)
  return { stream: event.stream, id: formatEntryId(event.id), data }
}

/**
 * What a later event replaces for a listener that is behind: one request's status, one key of a stream. undefined
 * where each counts.
 */
export function replacedBy({ source, stream, flat }: StreamEvent): string | undefined {
  if (source === 'tebra:responses') return undefined
  const key = fieldOf(flat, source === 'events' ? 'key' : 'requestId')
  return key === '' ? undefined : `${stream} ${key}`
}

type Fields = Readonly<Record<string, string>>

async function busEvent(fields: Fields, cipher: FieldCipher): Promise<object> {
  const { practiceId = '', stream = '', eventId = '', data = '' } = fields
  return {
    event: fields.event,
    ...(fields.key && { key: fields.key }),
    timestamp: instant(fields.timestamp),
    data: JSON.parse(await cipher.decrypt(eventPlace(practiceId, stream, eventId), data)),
  }
}

async function tebraEvent({ source }: StreamEvent, fields: Fields, cipher: FieldCipher): Promise<object> {
  const common = {
    requestId: fields.requestId,
    correlationId: fields.correlationId,
    action: fields.action,
    status: fields.status,
    timestamp: instant(fields.timestamp),
  }
  return source === 'tebra:status'
    ? { ...common, attempt: Number(fields.attempt), ...(fields.reason && { reason: fields.reason }) }
    : { ...common, duration: Number(fields.duration), ...(await outcomeOf(fields, cipher)) }
}

async function outcomeOf(fields: Fields, cipher: FieldCipher): Promise<object> {
  const { practiceId = '', requestId = '', result, error, large, meta } = fields
  const origin = meta ? JSON.parse(meta) : {}
  if (error) return { error: JSON.parse(error) }
  if (large === '1') return { ...origin, dataRef: `/tebra/requests/${requestId}` }
  if (!result) return {}
  return {
    ...origin,
    data: JSON.parse(await cipher.decrypt(placeOf(practiceId, requestId, 'result'), result)),
  }
}

const instant = (ms: string | undefined): string => new Date(Number(ms)).toISOString()

function fieldOf(flat: readonly string[], name: string): string {
  for (let index = 0; index + 1 < flat.length; index += 2)
    if (flat[index] === name) return flat[index + 1] ?? ''
  return ''
}

function fieldsOf(flat: readonly string[]): Fields {
  const fields: Record<string, string> = {}
  for (let index = 0; index + 1 < flat.length; index += 2) fields[flat[index] ?? ''] = flat[index + 1] ?? ''
  return fields
}
