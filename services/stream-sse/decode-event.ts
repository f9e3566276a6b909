import type { StreamName } from '#lib/contract/events.ts'
import type { FieldCipher } from '#lib/crypto/field-cipher.ts'
import { placeOf } from '#lib/crypto/request-place.ts'
import { type EntryId, formatEntryId, parseEntryId } from './cursor.ts'

/** One entry of a stream as Redis gave it, with whom it is for. */
export interface StreamEvent {
  readonly stream: StreamName
  readonly id: EntryId
  readonly practiceId: string
  readonly userId: string
  readonly fields: Readonly<Record<string, string>>
}

export function parseEvent(stream: StreamName, entry: string, flat: readonly string[]): StreamEvent {
  const fields: Record<string, string> = {}
  for (let index = 0; index + 1 < flat.length; index += 2) fields[flat[index] ?? ''] = flat[index + 1] ?? ''
  return {
    stream,
    id: parseEntryId(entry),
    practiceId: fields.practiceId ?? '',
    userId: fields.userId ?? '',
    fields,
  }
}

/** The envelope a browser gets (`EventEnvelope`); a result is opened here, once for all who may see it. */
export async function toEnvelope(event: StreamEvent, cipher: FieldCipher): Promise<unknown> {
  const { fields } = event
  const common = {
    requestId: fields.requestId,
    correlationId: fields.correlationId,
    action: fields.action,
    status: fields.status,
    timestamp: new Date(Number(fields.timestamp)).toISOString(),
  }
  const data =
    event.stream === 'tebra:status'
      ? { ...common, attempt: Number(fields.attempt), ...(fields.reason && { reason: fields.reason }) }
      : { ...common, duration: Number(fields.duration), ...(await outcomeOf(event, cipher)) }
  return { stream: event.stream, id: formatEntryId(event.id), data }
}

async function outcomeOf({ practiceId, fields }: StreamEvent, cipher: FieldCipher): Promise<object> {
  const { requestId = '', result, error, large, meta } = fields
  const origin = meta ? JSON.parse(meta) : {}
  if (error) return { error: JSON.parse(error) }
  if (large === '1') return { ...origin, dataRef: `/tebra/requests/${requestId}` }
  if (!result) return {}
  return {
    ...origin,
    data: JSON.parse(await cipher.decrypt(placeOf(practiceId, requestId, 'result'), result)),
  }
}
