import type { KeyObject } from 'node:crypto'
import type { DataKeys } from '#lib/crypto/data-keys.ts'

/** Addresses that one key has opened; as many as a large practice has users. */
const rememberedMax = 2_000

/** An address under the user's id; the sealed text is bound to its practice and user, so all must be the same. */
interface Opened {
  readonly practiceId: string
  readonly sealed: string
  readonly address: string
}

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
  const opened = new WeakMap<KeyObject, Map<string, Opened>>()

  return async (practiceId: string, userId: string, sealed: string): Promise<string> => {
    const held = deps.dataKeys.byId(practiceId, keyIdOf(sealed))
    const key = held instanceof Promise ? await held : held
    const known = opened.get(key) ?? new Map<string, Opened>()
    const remembered = known.get(userId)
    if (remembered?.sealed === sealed && remembered.practiceId === practiceId) return remembered.address
    const address = await deps.open(practiceId, userId, sealed)
    if (known.size >= rememberedMax) known.clear()
    opened.set(key, known.set(userId, { practiceId, sealed, address }))
    return address
  }
}

function keyIdOf(sealed: string): string {
  const begin = sealed.indexOf('.') + 1
  return sealed.slice(begin, sealed.indexOf('.', begin))
}
