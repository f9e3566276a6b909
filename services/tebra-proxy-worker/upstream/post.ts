import { isIdempotent } from './error-classes.ts'
import type { UpstreamDeps } from './upstream.ts'
import { UpstreamError } from './upstream-error.ts'

export interface WireRequest {
  readonly operation: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly signal: AbortSignal
}

export interface WireAnswer {
  readonly operation: string
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

// What Bun and Node say when no byte can have left: name lookup, connection or TLS handshake failed.
const neverConnected =
  /^(ConnectionRefused|FailedToOpenSocket|DNS\w*|ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|CERT_\w+|ERR_TLS_\w+|UNABLE_TO_\w+|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN)$/

function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^\w{1,64}$/.test(code) ? code : undefined
}

async function readText(response: Response, operation: string, bytesMax: number): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  // Leaving the loop cancels the body, so that the rest of a huge answer is never taken from the socket.
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > bytesMax) throw new UpstreamError('answer-too-large', { operation })
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

/**
 * Sends one POST and reads the whole answer within `timeoutMs` and `answerBytesMax`; any status is an answer. A write that
 * must not be repeated gets a connection of its own: of a reused one that died unnoticed, nobody could say if it landed.
 */
export async function post(deps: UpstreamDeps, request: WireRequest): Promise<WireAnswer> {
  const { operation, signal } = request
  if (signal.aborted) throw new UpstreamError('cancelled-before-sending', { operation })
  const stop = new AbortController()
  let stopped: 'timed-out' | 'cancelled' | undefined
  const stopAs = (reason: 'timed-out' | 'cancelled') => {
    stopped ??= reason
    stop.abort()
  }
  const cancel = () => stopAs('cancelled')
  signal.addEventListener('abort', cancel, { once: true })
  const timer = setTimeout(() => stopAs('timed-out'), deps.timeoutMs)
  try {
    const response = await deps.fetch(deps.endpoint, {
      method: 'POST',
      headers: request.headers,
      body: request.body,
      redirect: 'manual',
      keepalive: isIdempotent(operation),
      signal: stop.signal,
    })
    const text = await readText(response, operation, deps.answerBytesMax)
    return { operation, status: response.status, headers: response.headers, text }
  } catch (error) {
    if (error instanceof UpstreamError) throw error
    if (stopped !== undefined) throw new UpstreamError(stopped, { operation })
    const detail = codeOf(error)
    const reason = detail !== undefined && neverConnected.test(detail) ? 'connect-failed' : 'connection-lost'
    throw new UpstreamError(reason, { operation, detail })
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', cancel)
  }
}
