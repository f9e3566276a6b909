import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { sha256Hex } from '#lib/crypto/session-token.ts'
import type { RedisClient } from '#lib/redis/connect.ts'
import { sessionKeys } from '#lib/redis/keys.ts'

/** A browser that was sent to a provider. */
const Flow = z.object({
  provider: z.string(),
  nonce: z.string(),
  /** Of PKCE (RFC 7636); the provider knows its hash. */
  verifier: z.string(),
  returnTo: z.string(),
  /** The session whose user wants to link an identity; without it the flow is a sign-in. */
  link: z.object({ practiceId: z.string(), tokenHash: z.string() }).optional(),
})
export type Flow = z.infer<typeof Flow>

/** How long somebody may take at the provider. */
export const flowLifeSeconds = 600

export const random = () => randomBytes(32).toString('base64url')
export const isRandom = (text: string): boolean => /^[A-Za-z0-9_-]{43}$/.test(text)

export interface FlowStore {
  /** `binder` is the browser's cookie: who does not have it finds nothing under the state. */
  open(binder: string, flow: Omit<Flow, 'nonce' | 'verifier'>): Promise<Flow & { state: string }>
  /** The flow, for the one call that takes it first. */
  take(binder: string, state: string): Promise<Flow | undefined>
}

export function createFlowStore(redis: RedisClient): FlowStore {
  const keyOf = (binder: string, state: string) => sessionKeys.oidcFlow(sha256Hex(`${binder}.${state}`))
  return {
    async open(binder, wanted) {
      const state = random()
      const flow = { ...wanted, nonce: random(), verifier: random() }
      await redis.set(keyOf(binder, state), JSON.stringify(flow), 'EX', flowLifeSeconds)
      return { ...flow, state }
    },
    async take(binder, state) {
      const text = await redis.getdel(keyOf(binder, state))
      return text === null ? undefined : Flow.parse(JSON.parse(text))
    },
  }
}
