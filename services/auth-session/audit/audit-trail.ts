import { v7 as uuidv7 } from 'uuid'
import { createCheckpointSigner, createOpenCheckpoint } from '#lib/audit/checkpoint.ts'
import { type CheckpointSink, SinkError } from '#lib/audit/checkpoint-sink.ts'
import { createFolderSink } from '#lib/audit/folder-sink.ts'
import { type RunningCheckpoints, runCheckpoints } from '#lib/audit/run-checkpoints.ts'
import { createStorageSink } from '#lib/audit/storage-sink.ts'
import { type Checkpoints, type Verification, verifyAudit } from '#lib/audit/verify.ts'
import { createWriteCheckpoint } from '#lib/audit/write-checkpoint.ts'
import { ConfigError } from '#lib/config/read-config.ts'
import { createMetadataTokens, type Fetch } from '#lib/crypto/metadata-token.ts'
import { DomainError } from '#lib/http/domain-error.ts'
import type { ServiceGround } from '#lib/lifecycle/open-service.ts'
import type { AuditConfig } from './audit-config.ts'

type Config = AuditConfig & { readonly AUDIT_KEY: Buffer; readonly ENVIRONMENT: 'development' | 'production' }

/** The audit log as auth-session keeps it: verified on demand, checkpointed and trimmed while it runs. */
export interface AuditTrail {
  /** Throws `archive-unavailable` where the checkpoints cannot be read. */
  verify(practiceId: string): Promise<Verification>
  /** Writes checkpoints until stopped; undefined where no archive is configured. */
  keep(): RunningCheckpoints | undefined
}

export function createAuditTrail(
  ground: Pick<ServiceGround, 'redis' | 'logger' | 'metrics' | 'now'>,
  config: Config,
): AuditTrail {
  const { redis, logger, metrics, now } = ground
  const checkpoints = openCheckpoints(config, { fetch, now })
  const written = metrics.counter('audit_checkpoints_total', 'Checkpoints of the audit log that were written')

  return {
    async verify(practiceId) {
      try {
        return await verifyAudit(redis, config.AUDIT_KEY, practiceId, checkpoints)
      } catch (cause) {
        throw cause instanceof SinkError ? new DomainError('archive-unavailable', { cause }) : cause
      }
    },

    keep() {
      if (!checkpoints) {
        if (config.ENVIRONMENT === 'production')
          throw new ConfigError(
            'AUDIT_ARCHIVE is required in production: without it nobody could tell that the audit log was cut',
          )
        logger.warn({}, 'the audit log has no archive: no checkpoints are written')
        return undefined
      }
      const { signer } = checkpoints
      if (!signer) throw new ConfigError('AUDIT_SIGNING_KEY is required where AUDIT_ARCHIVE is set')
      logger.info({ publicKey: signer.publicKey.toString('base64') }, 'audit checkpoints are signed')
      const running = runCheckpoints({
        redis,
        logger,
        writeCheckpoint: createWriteCheckpoint({
          ...checkpoints,
          redis,
          signer,
          key: config.AUDIT_KEY,
          limits: {
            entriesMax: config.AUDIT_CHECKPOINT_ENTRIES,
            intervalMs: config.AUDIT_CHECKPOINT_MS,
            keepEntries: config.AUDIT_KEEP_ENTRIES,
            keepMs: config.AUDIT_KEEP_MS,
          },
          owner: uuidv7(),
          now,
          onWritten: (checkpoint) => {
            written.inc()
            logger.info({ checkpoint }, 'audit checkpoint')
          },
        }),
      })
      metrics.gauge(
        'audit_chains_troubled',
        'Practices whose audit chain is broken or cannot be checkpointed',
        running.troubled,
      )
      return running
    },
  }
}

/** The archive that the configuration names, and whose signatures count there. */
export function openCheckpoints(config: AuditConfig, web: { fetch: Fetch; now: () => number }) {
  const { AUDIT_ARCHIVE, AUDIT_SIGNING_KEY, AUDIT_VERIFY_KEYS = [] } = config
  if (AUDIT_ARCHIVE === undefined) return undefined
  const signer = AUDIT_SIGNING_KEY && createCheckpointSigner(AUDIT_SIGNING_KEY)
  const checkpoints: Checkpoints = {
    sink: openSink(AUDIT_ARCHIVE, web),
    open: createOpenCheckpoint([...(signer ? [signer.publicKey] : []), ...AUDIT_VERIFY_KEYS]),
  }
  return { ...checkpoints, signer }
}

function openSink(place: string, web: { fetch: Fetch; now: () => number }): CheckpointSink {
  const [, bucket, prefix = ''] = /^gs:\/\/([^/]+)\/?(.*)$/.exec(place) ?? []
  if (bucket === undefined) return createFolderSink(place)
  return createStorageSink({
    bucket,
    prefix: prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`,
    tokens: createMetadataTokens(web),
    fetch: web.fetch,
  })
}
