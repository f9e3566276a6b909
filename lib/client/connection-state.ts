import type { ResyncReason } from '#lib/contract/events.ts'

/** Why the stream is not open: what a person is told differs. */
export type WaitReason = 'offline' | 'hidden' | 'dropped' | 'silent' | 'refused' | 'told-to'

/** Why nobody tries any more; only `open()` starts again. */
export type EndReason = 'session-ended' | 'forbidden' | 'stopped' | 'closed'

/**
 * Where the one stream stands. `isReady` turns true once the server has replayed what was missed; `retryAt` is in ms since
 * 1970 and undefined where only the network or the tab coming back starts the next try.
 */
export type ConnectionState =
  | { readonly kind: 'connecting'; readonly attempt: number }
  | { readonly kind: 'open'; readonly since: number; readonly isReady: boolean }
  | {
      readonly kind: 'waiting'
      readonly reason: WaitReason
      readonly attempt: number
      readonly retryAt: number | undefined
    }
  | { readonly kind: 'ended'; readonly reason: EndReason }

/** Why what was shown may have a gap: the server's reason, an unreadable frame, or one missed between two tabs. */
export type GapReason = ResyncReason | 'unreadable' | 'missed'
