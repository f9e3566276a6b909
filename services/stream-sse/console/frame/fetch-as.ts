import type { Fetch } from '#lib/client/run-stream.ts'

/** Asks in the name of the person whom this page shows: under another's cookie, of a later sign-in, it gets a 401. */
export const fetchAs =
  (userId: string): Fetch =>
  (url, init) =>
    fetch(url, { ...init, headers: { ...init?.headers, 'x-user': userId } })
