import { createHmac, timingSafeEqual } from 'node:crypto'

/** Where a chain stands: the number of its last entry and that entry's mac; `0` and the empty text before the first. */
export interface ChainHead {
  readonly seq: number
  readonly mac: string
}

export const emptyChain: ChainHead = { seq: 0, mac: '' }

/** The mac of the entry after `head`: practice, number, the mac before and the text, so nothing can move unseen. */
export function nextMac(key: Buffer, practiceId: string, head: ChainHead, payload: string): string {
  return createHmac('sha256', key)
    .update(JSON.stringify([practiceId, head.seq + 1, head.mac, payload]))
    .digest('base64url')
}

export const sameMac = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
