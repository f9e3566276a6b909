import type { KeyObject } from 'node:crypto'
import type { DataKeys } from '#lib/crypto/data-keys.ts'

/** Addresses that one key has opened; as many as a large practice has users. */
const rememberedMax = 2_000

/**
 * Opens sealed addresses, remembering them with the key that opened them: every request for a session names its user.
 * Whoever asks must still be given that key (data-keys.ts looks anew each minute), so what was shredded is not answered,
 * and what a key has opened goes when the key does.
 */
export function createOpenedAddresses(deps: {
  dataKeys: Pick<DataKeys, 'byId'>
  /** Reads the address of a record. */
  open: (practiceId: string, userId: string, sealed: string) => Promise<string>
}) {
  const opened = new WeakMap<KeyObject, Map<string, string>>()

  return async (practiceId: string, userId: string, sealed: string): Promise<string> => {
    const held = deps.dataKeys.byId(practiceId, sealed.split('.', 2)[1] ?? '')
    const key = held instanceof Promise ? await held : held
    const known = opened.get(key) ?? new Map<string, string>()
    // The sealed text is bound to its place, so both together name the address.
    const name = `${practiceId}/${userId}/${sealed}`
    const remembered = known.get(name)
    if (remembered !== undefined) return remembered
    const address = await deps.open(practiceId, userId, sealed)
    if (known.size >= rememberedMax) known.clear()
    opened.set(key, known.set(name, address))
    return address
  }
}
