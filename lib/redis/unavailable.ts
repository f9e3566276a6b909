/** Replies by which Redis says that it cannot serve now, whatever is asked of it. */
const passingReplies =
  /^(READONLY|LOADING|MASTERDOWN|OOM|MISCONF|NOREPLICAS|CLUSTERDOWN|TRYAGAIN|BUSY|UNBLOCKED)\b/
const connectionTroubles =
  /Stream isn't writeable|Connection is closed|Command timed out|Command aborted|Socket timeout|connect E|getaddrinfo|ECONNRESET|EPIPE|max retries per request/i
/** The driver's own words where the way to a node or to the primary is not known now; nothing was carried out. */
const topologyTroubles =
  /Too many Cluster redirections|Cluster isn't ready|Cluster is (ended|disconnect)|startup nodes|refresh slots cache|sentinels are unreachable/i

/** Whether an error means that Redis is away for now, rather than that we asked something wrong. */
export function isRedisUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (error.name === 'MaxRetriesPerRequestError') return true
  return [passingReplies, connectionTroubles, topologyTroubles].some((known) => known.test(error.message))
}
