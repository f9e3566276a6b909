import type { Context } from 'hono'
import type { Device } from '#lib/contract/session.ts'
import { sessionKeys } from '#lib/redis/keys.ts'
import type { AuthDeps } from '../auth-deps.ts'
import { clientAddress } from '../sign-in/client-address.ts'
import type { SeenDevice } from './session-store.ts'

/** The first that matches counts: most browsers also name those they descend from. */
const browsers = [
  ['Edge', /\bEdgA?\//],
  ['Opera', /\bOPR\//],
  ['Firefox', /\b(Firefox|FxiOS)\//],
  ['Chrome', /\b(Chrome|CriOS|HeadlessChrome)\//],
  ['Safari', /\bSafari\//],
] as const
const systems = [
  ['Windows', /\bWindows\b/],
  ['iOS', /\b(iPhone|iPad)\b/],
  ['macOS', /\bMac OS X\b/],
  ['Android', /\bAndroid\b/],
  ['ChromeOS', /\bCrOS\b/],
  ['Linux', /\bLinux\b/],
] as const

type Known = readonly (readonly [name: string, sign: RegExp])[]
const named = (agent: string, known: Known, otherwise: string): string =>
  known.find(([, sign]) => sign.test(agent))?.[0] ?? otherwise

/** The families only: versions and models would tell one person from another. */
export function deviceOf(agent: string, address: string): Device {
  const network = address.replace(/^(\d+\.\d+\.\d+)\.\d+$/, '$1.0/24')
  return { browser: named(agent, browsers, 'program'), system: named(agent, systems, 'unknown'), network }
}

/** One place for all sessions of a user, so that what is sealed survives a session's new token. */
const placeOf = (practiceId: string, userId: string) => ({
  practiceId,
  key: sessionKeys.sessionsOf(practiceId, userId),
  field: 'device',
})

type Sealing = Pick<AuthDeps, 'cipher' | 'index' | 'trustedProxies'>

/** Where a sign-in comes from, ready to be stored. */
export async function seenDevice(
  c: Context,
  deps: Sealing,
  user: { readonly practiceId: string; readonly id: string },
): Promise<SeenDevice> {
  const text = JSON.stringify(
    deviceOf(c.req.header('User-Agent') ?? '', clientAddress(c, deps.trustedProxies)),
  )
  return {
    digest: deps.index.device(user.id, text),
    sealed: await deps.cipher.encrypt(placeOf(user.practiceId, user.id), text),
  }
}

export async function openDevice(
  deps: Pick<Sealing, 'cipher'>,
  user: { readonly practiceId: string; readonly userId: string },
  sealed: string,
): Promise<Device> {
  return JSON.parse(await deps.cipher.decrypt(placeOf(user.practiceId, user.userId), sealed)) as Device
}
