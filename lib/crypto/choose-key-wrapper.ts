import { createCloudKmsWrapper } from './cloud-kms.ts'
import { createKeyWrapperChain, createLocalKeyWrapper, type KeyWrapper } from './key-wrapper.ts'
import { createMetadataTokens, type Fetch } from './metadata-token.ts'

export interface KeyWrapperConfig {
  readonly PHI_KEY: Buffer
  readonly PHI_KEY_PREVIOUS?: Buffer | undefined
  readonly PHI_KMS_KEY?: string | undefined
}

/**
 * Which key-encryption key wraps: Cloud KMS's where one is named, else the local one. What the local key or its
 * predecessor wrapped stays readable either way, until the operator's `rewrap` has gone over it.
 */
export function chooseKeyWrapper(
  config: KeyWrapperConfig,
  { fetch, now }: { fetch: Fetch; now: () => number },
): KeyWrapper {
  const { PHI_KEY, PHI_KEY_PREVIOUS, PHI_KMS_KEY } = config
  const local = [PHI_KEY, ...(PHI_KEY_PREVIOUS ? [PHI_KEY_PREVIOUS] : [])].map(createLocalKeyWrapper)
  const kms =
    PHI_KMS_KEY === undefined
      ? []
      : [createCloudKmsWrapper({ keyName: PHI_KMS_KEY, tokens: createMetadataTokens({ fetch, now }), fetch })]
  return createKeyWrapperChain([...kms, ...local])
}
