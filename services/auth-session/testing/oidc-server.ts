import { createServer } from 'node:http'
import { exportJWK, generateKeyPair } from 'jose'
import Provider, { type Configuration } from 'oidc-provider'
import { freePort } from '#lib/processes/free-port.ts'

export const clientId = 'front-desk'
export const clientSecret = 'a secret between the two of us'

/** Somebody who has an account at the provider. */
export interface Person {
  readonly sub: string
  readonly claims?: Readonly<Record<string, unknown>>
  readonly amr?: readonly string[]
}

/** A real OpenID provider on this machine, at which `person` signs in without being asked. */
export async function startOidcServer(redirectUri: string) {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const state: { person: Person; refuses: boolean } = { person: { sub: 'nobody' }, refuses: false }
  const signingKey = async (kid: string) => {
    const { privateKey } = await generateKeyPair('RS256', { extractable: true })
    return { ...(await exportJWK(privateKey)), kid, alg: 'RS256', use: 'sig' }
  }

  const configuration: Configuration = {
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        redirect_uris: [redirectUri],
        token_endpoint_auth_method: 'client_secret_post',
      },
    ],
    jwks: { keys: [await signingKey('one')] } as NonNullable<Configuration['jwks']>,
    cookies: { keys: ['test'] },
    claims: {
      openid: ['sub', 'amr', 'email', 'email_verified', 'roles', 'hd'],
    },
    ttl: { AccessToken: 600, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    findAccount: (_, sub) => ({
      accountId: sub,
      claims: () => ({ sub, ...state.person.claims }),
    }),
    async loadExistingGrant(ctx) {
      const { client, session } = ctx.oidc
      const grant = new ctx.oidc.provider.Grant({
        clientId: client?.clientId ?? '',
        accountId: session?.accountId ?? '',
      })
      grant.addOIDCScope('openid email')
      await grant.save()
      return grant
    },
  }
  const provider = new Provider(url, configuration)
  const callback = provider.callback()
  const server = createServer((request, response) => {
    if (!request.url?.startsWith('/interaction/')) return callback(request, response)
    const { sub, amr } = state.person
    const result = state.refuses
      ? { error: 'access_denied' }
      : { login: { accountId: sub, ...(amr && { amr: [...amr] }) } }
    return provider.interactionFinished(request, response, result)
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))

  return {
    url,
    state,
    /** Follows the provider's pages as a browser would; answers where it sends the browser in the end. */
    async visit(start: string): Promise<URL> {
      const cookies = new Map<string, string>()
      let target = start
      for (let step = 0; step < 10 && target.startsWith(url); step += 1) {
        const answer = await fetch(target, {
          redirect: 'manual',
          headers: { Cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
        })
        for (const line of answer.headers.getSetCookie()) {
          const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
          cookies.set(name, value)
        }
        const location = answer.headers.get('Location')
        if (location === null) throw new Error(`${answer.status} ${await answer.text()}`)
        target = new URL(location, target).href
      }
      return new URL(target)
    },
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export type OidcServer = Awaited<ReturnType<typeof startOidcServer>>
