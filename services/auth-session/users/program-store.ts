import { randomBytes } from 'node:crypto'
import { Role } from '#lib/contract/permissions.ts'
import type { SessionEnded } from '#lib/contract/session.ts'
import type { DataKeys } from '#lib/crypto/data-keys.ts'
import type { FieldCipher } from '#lib/crypto/field-cipher.ts'
import { sha256Hex } from '#lib/crypto/session-token.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import { channels, sessionKeys } from '#lib/redis/keys.ts'
import { loadScript } from '#lib/redis/script.ts'

interface Place {
  readonly practiceId: string
  readonly id: string
}

/** A service account. Times in ms since the epoch. */
export interface Program extends Place {
  readonly name: string
  readonly roles: readonly Role[]
  readonly createdAt: number
  readonly lastUsedAt: number | undefined
  readonly rotatedAt: number | undefined
  readonly previousSecretUntil: number | undefined
}

/** Accounts of programs. Redis knows a secret, 32 random bytes, by its SHA-256 only. */
export interface ProgramStore {
  /** Writes the program and answers its secret, which is told once. */
  create(program: Pick<Program, 'practiceId' | 'id' | 'name' | 'roles' | 'createdAt'>): Promise<string>
  find(place: Place): Promise<Program | undefined>
  list(practiceId: string): Promise<Program[]>
  count(practiceId: string): Promise<number>
  /** Whether this is the program's secret now; a use is noted. */
  verify(place: Place, secret: string): Promise<boolean>
  /** A new secret, beside which the present one works that much longer; undefined where there is no such program. */
  rotate(place: Place, overlapMs: number): Promise<string | undefined>
  remove(place: Place): Promise<boolean>
}

const useScript = loadScript<number>(new URL('./use-secret.lua', import.meta.url))
const rotateScript = loadScript<number>(new URL('./rotate-secret.lua', import.meta.url))
const removeScript = loadScript<number>(new URL('./remove-program.lua', import.meta.url))

const newSecret = () => randomBytes(32).toString('base64url')
const numberIn = (text: string | undefined) => (text === undefined ? undefined : Number(text))

export function createProgramStore(deps: {
  redis: RedisClient
  cipher: FieldCipher
  dataKeys: DataKeys
}): ProgramStore {
  const { redis, cipher, dataKeys } = deps
  const keyOf = ({ practiceId, id }: Place) => sessionKeys.program(practiceId, id)
  const namePlace = (place: Place) => ({ practiceId: place.practiceId, key: keyOf(place), field: 'name' })

  const find = async (place: Place): Promise<Program | undefined> => {
    const [stored, roles] = await Promise.all([
      redis.hgetall(keyOf(place)),
      redis.hget(sessionKeys.access(place.practiceId, place.id), 'roles'),
    ])
    if (stored.name === undefined) return undefined
    const held = (roles ?? '').split(',')
    return {
      practiceId: place.practiceId,
      id: place.id,
      name: await cipher.decrypt(namePlace(place), stored.name),
      roles: Role.options.filter((role) => held.includes(role)),
      createdAt: Number(stored.createdAt),
      lastUsedAt: numberIn(stored.lastUsedAt),
      rotatedAt: numberIn(stored.rotatedAt),
      previousSecretUntil: numberIn(stored.previousUntil),
    }
  }

  return {
    find,

    async create(program) {
      const { practiceId, id } = program
      const secret = newSecret()
      await dataKeys.ensure(practiceId)
      const name = await cipher.encrypt(namePlace(program), program.name)
      await redis
        .multi()
        .hset(keyOf(program), { name, secret: sha256Hex(secret), createdAt: String(program.createdAt) })
        .hset(sessionKeys.access(practiceId, id), {
          roles: program.roles.join(','),
          epoch: '0',
          disabled: '0',
        })
        .zadd(sessionKeys.programs(practiceId), 0, id)
        .exec()
      return secret
    },

    async list(practiceId) {
      const ids = await redis.zrange(sessionKeys.programs(practiceId), '0', '-1')
      const programs = await Promise.all(ids.map((id) => find({ practiceId, id })))
      return programs.flatMap((program) => program ?? [])
    },

    count: (practiceId) => redis.zcard(sessionKeys.programs(practiceId)),

    verify: async (place, secret) => (await useScript(redis, [keyOf(place)], [sha256Hex(secret)])) === 1,

    async rotate(place, overlapMs) {
      const secret = newSecret()
      const rotated = await rotateScript(redis, [keyOf(place)], [sha256Hex(secret), overlapMs])
      return rotated === 1 ? secret : undefined
    },

    async remove(place) {
      const { practiceId, id } = place
      const keys = [keyOf(place), sessionKeys.access(practiceId, id), sessionKeys.programs(practiceId)]
      const message: SessionEnded = { practiceId, userId: id }
      const args = [id, channels.sessionEnded, JSON.stringify(message)]
      return (await removeScript(redis, keys, args)) === 1
    },
  }
}
