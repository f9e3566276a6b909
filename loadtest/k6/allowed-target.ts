const loopback = /^https?:\/\/(localhost|127(\.[0-9]{1,3}){3}|\[::1\])(:[0-9]{1,5})?$/

export const isLoopback = (origin: string): boolean => loopback.test(origin)

/**
 * The origin under load, without a trailing slash. Load on a machine that is not this one can harm others, so it
 * takes a second word: ALLOW_REMOTE=1.
 */
export function allowedTarget(baseUrl: string, allowRemote: string | undefined): string {
  const origin = baseUrl.replace(/\/+$/, '')
  if (!/^https?:\/\/[^/?#@\s]+$/.test(origin)) throw new Error(`BASE_URL must be an origin, not ${baseUrl}`)
  if (!isLoopback(origin) && allowRemote !== '1')
    throw new Error(`${origin} is not this machine; say ALLOW_REMOTE=1 if its owner agrees to the load`)
  return origin
}
