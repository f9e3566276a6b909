import { z } from 'zod'
import { count, milliseconds, Secret } from '#lib/config/read-config.ts'

const days = 86_400_000
const hasKeys = (list: string) => list.split(',').every((key) => Secret.safeParse(key.trim()).success)
const toKeys = (list: string) => list.split(',').map((key) => Buffer.from(key.trim(), 'base64'))

/** What auth-session and the verifying command read of the audit log's keeping. */
export const AuditConfig = z.object({
  AUDIT_ARCHIVE: z.string().optional().meta({
    description:
      'where signed checkpoints of the audit log and its entries are kept: a folder, or gs://bucket/prefix; empty: none are written, and nothing is trimmed',
  }),
  AUDIT_SIGNING_KEY: Secret.optional().meta({
    description: 'Ed25519 private key (its 32 bytes) that signs the checkpoints',
    secret: true,
  }),
  AUDIT_VERIFY_KEYS: z
    .string()
    .refine(hasKeys, { error: 'must be Ed25519 public keys of 32 bytes in base64, separated by commas' })
    .transform(toKeys)
    .optional()
    .meta({ description: 'public keys of signing keys before the present one' }),
  AUDIT_CHECKPOINT_ENTRIES: count(1_000).meta({
    description: 'entries of a practice after which a checkpoint is due',
  }),
  AUDIT_CHECKPOINT_MS: milliseconds(60_000).meta({
    description: 'a checkpoint is due when the last one is this old and the log has grown',
    unit: 'ms',
  }),
  AUDIT_KEEP_ENTRIES: count(100_000).meta({
    description: 'entries of a practice that stay in Redis behind a checkpoint',
  }),
  AUDIT_KEEP_MS: milliseconds(90 * days).meta({
    description: 'how long an entry stays in Redis behind a checkpoint',
    unit: 'ms',
  }),
})
export type AuditConfig = z.infer<typeof AuditConfig>
