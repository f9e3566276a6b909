import type { Context } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'
import { flowLifeSeconds, isRandom, random } from './flow-store.ts'

const name = '__Host-oidc'

/** What binds a browser's way to a provider and back to that browser; tabs that go at the same time share it. */
export const binderOf = (c: Context): string | undefined => {
  const binder = getCookie(c, name)
  return binder !== undefined && isRandom(binder) ? binder : undefined
}

/** `Lax`, not `Strict`: the way back is a navigation that the provider's page began. */
export function setBinder(c: Context): string {
  const binder = binderOf(c) ?? random()
  setCookie(c, name, binder, {
    path: '/',
    httpOnly: true,
    secure: true,
    sameSite: 'Lax',
    maxAge: flowLifeSeconds,
  })
  return binder
}
