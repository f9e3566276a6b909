/** A place where texts end up, and all that stands there. */
export type Places = ReadonlyMap<string, string>
/** What must not be found, by a name that may be told. */
export type Planted = Readonly<Record<string, string>>

/**
 * The characters of a text's base64 that stay the same whatever stands around it, for each of the three ways it may
 * lie across the groups of three bytes.
 */
function base64Cores(bytes: Buffer): string[] {
  return [0, 1, 2].map((before) => {
    const whole = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replaceAll('=', '')
    const known = Math.floor(((before + bytes.length) * 8) / 6)
    return whole.slice(Math.ceil((before * 8) / 6), known)
  })
}

const escapeXml = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
const escapeUnicode = (text: string) =>
  [...text].map((one) => (one > '~' ? `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}` : one)).join('')

/** As Redis' MONITOR and its log write bytes. */
const escapeBytes = (bytes: Buffer) =>
  [...bytes].map((byte) => (byte > 126 ? `\\x${byte.toString(16)}` : String.fromCharCode(byte))).join('')

/** Every way in which a text is written in logs, keys, wire formats and files; in lower case where case tells nothing. */
function formsOf(text: string): { plain: string[]; exact: string[] } {
  const bytes = Buffer.from(text)
  const cores = base64Cores(bytes)
  const plain = [
    text,
    encodeURIComponent(text),
    encodeURIComponent(text).replaceAll('%20', '+'),
    JSON.stringify(text).slice(1, -1),
    escapeUnicode(text),
    escapeXml(text),
    escapeBytes(bytes),
    bytes.toString('hex'),
    bytes.toString('latin1'),
  ]
  return {
    plain: [...new Set(plain.map((form) => form.toLowerCase()))],
    exact: [...cores, ...cores.map((core) => core.replaceAll('+', '-').replaceAll('/', '_'))],
  }
}

/** `place: name` of everything that was planted and is found, in any of its forms. */
export function findLeaks(places: Places, planted: Planted): string[] {
  const forms = Object.entries(planted).map(([name, text]) => ({ name, ...formsOf(text) }))
  return [...places].flatMap(([place, text]) => {
    const lower = text.toLowerCase()
    return forms
      .filter(
        ({ plain, exact }) =>
          plain.some((form) => lower.includes(form)) || exact.some((form) => text.includes(form)),
      )
      .map(({ name }) => `${place}: ${name}`)
  })
}
