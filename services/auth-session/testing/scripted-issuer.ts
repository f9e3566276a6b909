import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTHeaderParameters, SignJWT } from 'jose'

export interface IssuerKey {
  readonly kid: string
  readonly publicJwk: JWK
  readonly privateKey: CryptoKey
}

export async function createKey(kid: string, alg = 'RS256'): Promise<IssuerKey> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
  return { kid, publicJwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' }, privateKey }
}

type Thing = 'metadata' | 'keys' | 'token'
type Respond = (response: ServerResponse) => void
const json =
  (value: unknown, status = 200): Respond =>
  (response) => {
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value))
  }

/** An identity provider that says what the test wants, over real HTTP: metadata, keys, and tokens of any kind. */
export async function startScriptedIssuer(firstKey: IssuerKey) {
  const asked: Record<string, number> = {}
  const script = new Map<string, Respond>()
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://issuer.invalid').pathname
    asked[path] = (asked[path] ?? 0) + 1
    const respond = script.get(path) ?? json({ error: 'not_found' }, 404)
    respond(response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const metadata = {
    issuer: url,
    authorization_endpoint: `${url}/authorize`,
    token_endpoint: `${url}/token`,
    jwks_uri: `${url}/keys`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
  }
  const pathOf = (thing: Thing) => (thing === 'metadata' ? '/.well-known/openid-configuration' : `/${thing}`)
  const say = (thing: Thing, value: unknown, status = 200) => script.set(pathOf(thing), json(value, status))
  const publish = (...keys: readonly IssuerKey[]) =>
    say('keys', { keys: keys.map(({ publicJwk }) => publicJwk) })
  say('metadata', metadata)
  publish(firstKey)
  return {
    url,
    metadata,
    publish,
    say,
    sayBy: (thing: Thing, respond: Respond) => script.set(pathOf(thing), respond),
    /** How often it was asked for that. */
    asked: (thing: Thing) => asked[pathOf(thing)] ?? 0,
    /** Signs as the issuer would, unless told otherwise. */
    sign: (claims: Record<string, unknown>, header: Partial<JWTHeaderParameters> = {}, key = firstKey) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: key.kid, ...header })
        .sign(key.privateKey),
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export type ScriptedIssuer = Awaited<ReturnType<typeof startScriptedIssuer>>
