import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { crc32c } from '../crc32c.ts'

export interface SeenRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: Record<string, string>
}

/** An answer in the place of the right one; `hold` gives none at all. */
export type Fault =
  | { readonly status: number; readonly body?: string; readonly headers?: Record<string, string> }
  | { readonly change: (answer: Record<string, unknown>) => Record<string, unknown> }
  | 'hold'
  | 'cut'

/**
 * Plays the metadata server and Cloud KMS on a port of this machine, as their documents have them. Faults are used up
 * one a call, metadata calls and KMS calls apart.
 */
export async function playGoogle() {
  const seen: SeenRequest[] = []
  const faults: Fault[] = []
  const tokenFaults: Fault[] = []
  const key = randomBytes(32)
  let tokens = 0
  let tokenLifeSeconds = 3_600

  const kms = (
    path: string,
    body: Record<string, string>,
  ): { status: number; answer: Record<string, unknown> } => {
    const bytes = (name: string) => Buffer.from(body[name] ?? '', 'base64')
    const sums = Object.keys(body).filter((name) => name.endsWith('Crc32c'))
    const wrongSum = sums.some((name) => body[name] !== String(crc32c(bytes(name.replace('Crc32c', '')))))
    const refused = { status: 400, answer: { error: { code: 400, status: 'INVALID_ARGUMENT' } } }
    if (wrongSum) return refused
    const [, name = '', verb = ''] = /^\/v1\/(.+):(encrypt|decrypt)$/.exec(path) ?? []
    // The key's name is bound in: each key of the ring opens its own texts only.
    const aad = Buffer.from(`${name}\n${body.additionalAuthenticatedData}`)
    if (verb === 'encrypt') {
      const iv = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(aad)
      const ciphertext = Buffer.concat([
        iv,
        cipher.update(bytes('plaintext')),
        cipher.final(),
        cipher.getAuthTag(),
      ])
      return {
        status: 200,
        answer: {
          name: `${name}/cryptoKeyVersions/1`,
          ciphertext: ciphertext.toString('base64'),
          ciphertextCrc32c: String(crc32c(ciphertext)),
          verifiedPlaintextCrc32c: body.plaintextCrc32c !== undefined,
          verifiedAdditionalAuthenticatedDataCrc32c: body.additionalAuthenticatedDataCrc32c !== undefined,
          protectionLevel: 'SOFTWARE',
        },
      }
    }
    const ciphertext = bytes('ciphertext')
    try {
      const decipher = createDecipheriv('aes-256-gcm', key, ciphertext.subarray(0, 12), { authTagLength: 16 })
        .setAAD(aad)
        .setAuthTag(ciphertext.subarray(-16))
      const plaintext = Buffer.concat([decipher.update(ciphertext.subarray(12, -16)), decipher.final()])
      const answer = { plaintext: plaintext.toString('base64'), plaintextCrc32c: String(crc32c(plaintext)) }
      return { status: 200, answer: { ...answer, usedPrimary: true, protectionLevel: 'SOFTWARE' } }
    } catch {
      return refused
    }
  }

  const server = createServer(async (request, response) => {
    const { method = '', url: path = '', headers } = request
    const sent = await text(request)
    const body = sent === '' ? {} : (JSON.parse(sent) as Record<string, string>)
    seen.push({ method, path, headers, body })
    const metadata = path.startsWith('/computeMetadata/')
    const fault = (metadata ? tokenFaults : faults).shift()
    if (fault === 'hold') return
    if (fault === 'cut') return void request.socket.destroy()
    if (fault && 'status' in fault) {
      response.writeHead(fault.status, fault.headers)
      return void response.end(fault.body ?? '')
    }
    const right = metadata
      ? {
          status: 200,
          answer: { access_token: `token-${++tokens}`, expires_in: tokenLifeSeconds, token_type: 'Bearer' },
        }
      : kms(path, body)
    response.writeHead(right.status, { 'Content-Type': 'application/json', 'Metadata-Flavor': 'Google' })
    response.end(JSON.stringify(fault ? fault.change(right.answer) : right.answer))
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    origin: `http://127.0.0.1:${address.port}`,
    seen,
    faults,
    tokenFaults,
    setTokenLife(seconds: number) {
      tokenLifeSeconds = seconds
    },
    kmsCalls: () => seen.filter(({ path }) => path.startsWith('/v1/')),
    tokenCalls: () => seen.filter(({ path }) => path.startsWith('/computeMetadata/')),
    async stop() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}
export type PlayedGoogle = Awaited<ReturnType<typeof playGoogle>>
