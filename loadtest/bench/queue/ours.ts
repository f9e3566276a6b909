import { createDataKeys } from '../../../lib/crypto/data-keys.ts'
import { createFieldCipher } from '../../../lib/crypto/field-cipher.ts'
import { createLocalKeyWrapper } from '../../../lib/crypto/key-wrapper.ts'
import { createLogger } from '../../../lib/observability/logger.ts'
import { connectCommands, untilReady } from '../../../lib/redis/connect.ts'

/** Protects nothing: each round's Redis is thrown away with what it holds. */
export const benchKey = Buffer.alloc(32, 7)

/** What the queue stands on in the service: its command connection, the field cipher with its data keys, a logger. */
export async function openOurs(url: string) {
  const redis = connectCommands({ url, name: 'bench' }, { onError: () => {} })
  await untilReady(redis)
  const dataKeys = createDataKeys({ redis, wrapper: createLocalKeyWrapper(benchKey), now: Date.now })
  return {
    redis,
    dataKeys,
    cipher: createFieldCipher({ dataKeys, environment: 'development' }),
    logger: createLogger({ service: 'bench', version: 'bench', level: 'warn' }),
  }
}
