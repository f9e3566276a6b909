/** The part of the browser library for applications that let people submit while offline. */
export { Outbox, type OutboxOptions } from './outbox.ts'
export type { OutboxEntry, OutboxOutcome, OutboxStorage } from './outbox-entry.ts'
