import { type CryptoKey, createLocalJWKSet, errors, type JSONWebKeySet } from 'jose'
import { createRemoteValue, RemoteUnavailable, type RemoteValueOptions } from './remote-value.ts'
import { TokenRefused } from './token-refused.ts'

/** Where the public keys of one issuer come from. */
export interface KeySet {
  /** The one key of that name that is made for that algorithm. Throws `TokenRefused` where there is none. */
  find(header: { alg: string; kid: string }): Promise<CryptoKey>
}

/** A new key is seen at once, because its unknown name asks for it; a withdrawn one is believed this long at most. */
const freshMs = 600_000
/** Tokens with invented key names make us ask the issuer this often at most. */
const intervalMs = 10_000

/** Keys that the issuer publishes as a JSON Web Key Set (RFC 7517). */
export function createKeySet(
  options: Pick<RemoteValueOptions<JSONWebKeySet>, 'load' | 'now'> & {
    freshMs?: number
    intervalMs?: number
  },
): KeySet {
  const published = createRemoteValue({
    freshMs,
    intervalMs,
    ...options,
    load: async () => createLocalJWKSet(await options.load()),
  })
  return {
    async find(header) {
      try {
        const known = await published.get()
        return await known(header).catch(async (error: unknown) => {
          if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
          return (await published.renew())(header)
        })
      } catch (error) {
        // Whatever else goes wrong is a published key that cannot be used.
        throw error instanceof RemoteUnavailable ? error : new TokenRefused('token-key', error)
      }
    },
  }
}
