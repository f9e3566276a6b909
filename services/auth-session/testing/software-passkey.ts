import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import type { PasskeyAssertion } from '#lib/contract/proofs.ts'
import type { PasskeyAttestation } from '#lib/contract/second-factors.ts'

/** What a careful authenticator and browser would never say, for tests that they are refused. */
interface Lies {
  readonly origin?: string
  readonly relyingPartyId?: string
  readonly verified?: boolean
  readonly counter?: number
  readonly type?: string
}

/** A passkey in software: ES256, counts its signatures, says what it is told to say. */
export interface SoftwarePasskey {
  readonly credentialId: string
  create(options: Asked, lies?: Lies): PasskeyAttestation
  get(options: Asked, lies?: Lies): PasskeyAssertion
}

interface Asked {
  readonly challenge: string
}

const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest()
const flags = { present: 0x01, verified: 0x04, attested: 0x40 }
const uint16 = (value: number) => Buffer.from([value >> 8, value & 0xff])
const uint32 = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
const cbor = (text: string) => Buffer.concat([Buffer.from([0x60 + text.length]), Buffer.from(text)])

/** RFC 9053 §7.1.1: an EC2 key on P-256 for ES256, in CBOR. */
function coseKey(publicKey: KeyObject): Buffer {
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
  const coordinate = (label: number, text: string) =>
    Buffer.concat([Buffer.from([label, 0x58, 0x20]), Buffer.from(text, 'base64url')])
  return Buffer.concat([
    Buffer.from([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01]),
    coordinate(0x21, x),
    coordinate(0x22, y),
  ])
}

export function softwarePasskey(
  at: { origin: string; relyingPartyId: string },
  userHandle: string,
): SoftwarePasskey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const credential = randomBytes(32)
  const credentialId = credential.toString('base64url')
  let signatures = 0

  const clientData = (type: string, { challenge }: Asked, lies: Lies) =>
    Buffer.from(
      JSON.stringify({
        type: lies.type ?? type,
        challenge,
        origin: lies.origin ?? at.origin,
        crossOrigin: false,
      }),
    )
  const authenticatorData = (lies: Lies, attested?: Buffer) =>
    Buffer.concat([
      sha256(lies.relyingPartyId ?? at.relyingPartyId),
      Buffer.from([
        flags.present + (lies.verified === false ? 0 : flags.verified) + (attested ? flags.attested : 0),
      ]),
      uint32(lies.counter ?? signatures),
      attested ?? Buffer.alloc(0),
    ])

  return {
    credentialId,
    create(options, lies = {}) {
      const attested = Buffer.concat([
        Buffer.alloc(16),
        uint16(credential.length),
        credential,
        coseKey(publicKey),
      ])
      const data = authenticatorData(lies, attested)
      const attestation = Buffer.concat([
        Buffer.from([0xa3]),
        cbor('fmt'),
        cbor('none'),
        cbor('attStmt'),
        Buffer.from([0xa0]),
        cbor('authData'),
        Buffer.from([0x59]),
        uint16(data.length),
        data,
      ])
      return {
        id: credentialId,
        rawId: credentialId,
        type: 'public-key',
        response: {
          clientDataJSON: clientData('webauthn.create', options, lies).toString('base64url'),
          attestationObject: attestation.toString('base64url'),
          transports: ['internal'],
        },
      }
    },

    get(options, lies = {}) {
      signatures += 1
      const client = clientData('webauthn.get', options, lies)
      const data = authenticatorData(lies)
      const signature = sign('sha256', Buffer.concat([data, sha256(client)]), privateKey)
      return {
        id: credentialId,
        rawId: credentialId,
        type: 'public-key',
        response: {
          clientDataJSON: client.toString('base64url'),
          authenticatorData: data.toString('base64url'),
          signature: signature.toString('base64url'),
          userHandle,
        },
      }
    },
  }
}
