const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/**
 * The correlation id of an idempotency key, always the same: it is part of the submitted body, and the same key with another
 * body is a conflict. A key that is a UUID is its own; any other is hashed into a version 8 UUID (RFC 9562, 5.8).
 */
export async function correlationIdOf(idempotencyKey: string): Promise<string> {
  if (uuid.test(idempotencyKey)) return idempotencyKey.toLowerCase()
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(idempotencyKey)))
  const hex = [...hash.subarray(0, 16)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16)
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    variant + hex.slice(17, 20),
    hex.slice(20),
  ].join('-')
}
