export type ServiceName = 'auth-session' | 'tebra-proxy-worker' | 'stream-sse'

/** Which service answers which path: the same table as the production load balancer's URL map. */
export const pathTable: readonly (readonly [prefix: string, service: ServiceName])[] = [
  ['/auth', 'auth-session'],
  ['/tebra', 'tebra-proxy-worker'],
  ['/patients', 'tebra-proxy-worker'],
  ['/events', 'stream-sse'],
  ['/console', 'stream-sse'],
]

export const serviceOf = (path: string): ServiceName | undefined =>
  pathTable.find(([prefix]) => path === prefix || path.startsWith(`${prefix}/`))?.[1]
