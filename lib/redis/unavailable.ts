/** Replies by which Redis says that it cannot serve now, whatever is asked of it. */
const passingReplies = /^(READONLY|LOADING|MASTERDOWN|OOM|MISCONF|NOREPLICAS|CLUSTERDOWN|TRYAGAIN|BUSY)\b/
const connectionTroubles =
  /Stream isn't writeable|Connection is closed|Command timed out|connect E|ECONNRESET|EPIPE|max retries per request/i

/** Whether an error means that Redis is away for now, rather than that we asked something wrong. */
export function isRedisUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (error.name === 'MaxRetriesPerRequestError') return true
  return passingReplies.test(error.message) || connectionTroubles.test(error.message)
}
