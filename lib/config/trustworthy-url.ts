import { ConfigError } from './read-config.ts'

const isLoopback = ({ hostname }: URL) => ['127.0.0.1', '[::1]', 'localhost'].includes(hostname)

/** Plain HTTP only to this machine, where nobody listens in between. */
export function isTrustworthy(url: string): boolean {
  if (!URL.canParse(url)) return false
  const parsed = new URL(url)
  return parsed.protocol === 'https:' || (parsed.protocol === 'http:' && isLoopback(parsed))
}

/** Throws `ConfigError` in production, naming the variables and no value, where a URL would be spoken to in the clear. */
export function refusePlainHttp(
  environment: 'development' | 'production',
  urls: Readonly<Record<string, string | readonly string[] | undefined>>,
): void {
  if (environment !== 'production') return
  const plain = Object.entries(urls).filter(([, given = []]) => ![given].flat().every(isTrustworthy))
  if (plain.length > 0)
    throw new ConfigError(
      `In production these must be https:// URLs: ${plain.map(([name]) => name).join(', ')}`,
    )
}
