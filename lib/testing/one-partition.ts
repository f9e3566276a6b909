import { queueKeysIn } from '#lib/redis/keys.ts'
import { createPartitions } from '#lib/redis/partitions.ts'

/** A queue as most clinics have it, and the keys of its only partition. */
export const onePartition = createPartitions(1)
export const [queueKeys = queueKeysIn(0)] = onePartition.all
