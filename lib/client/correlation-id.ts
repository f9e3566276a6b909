const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/**
 * The correlation id of an idempotency key, always the same: it is part of the submitted body, and the same key with another
 * body is a conflict. A key that is a UUID is its own; any other is hashed into a version 8 UUID (RFC 9562, 5.8).
 */
export async function correlationIdOf(idempotencyKey: string): Promise<string> {
  if (uuid.test(idempotencyKey)) return idempotencyKey.toLowerCase()
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(idempotencyKey)))
  const hex = [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  // The version is 8; of the variant's two free bits one is set, always the same.
  return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*/, '$1-$2-8$3-a$4-$5')
}
