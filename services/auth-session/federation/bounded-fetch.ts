/** Bounds on what another server may cost us. */
const timeoutMs = 5_000
const bytesMax = 512 * 1024

/**
 * `fetch` for answers that are small or wrong: ends after 5 s, body included, follows no redirect, and refuses more
 * than 512 KB.
 */
export async function boundedFetch(url: string, init: RequestInit = {}): Promise<Response> {
  const signal = AbortSignal.timeout(timeoutMs)
  const answer = await fetch(url, { redirect: 'manual', ...init, signal })
  const parts: Uint8Array<ArrayBuffer>[] = []
  let bytes = 0
  for await (const part of answer.body ?? []) {
    bytes += part.byteLength
    if (bytes > bytesMax) throw new Error('the answer is too large')
    parts.push(part)
  }
  const { status, headers } = answer
  // A status of this kind may have no body, not even an empty one.
  return new Response([204, 205, 304].includes(status) ? null : new Blob(parts), { status, headers })
}
