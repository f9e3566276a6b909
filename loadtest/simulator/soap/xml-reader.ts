import { XMLParser, XMLValidator } from 'fast-xml-parser'

/** One element with its namespace resolved; `text` is that of an element without children. */
export type XmlElement = {
  name: string
  namespace: string
  nil: boolean
  children: XmlElement[]
  text: string
}

type Ordered = Record<string, unknown>
type Scope = Readonly<Record<string, string>>

// Entities are decoded below: the parser leaves numeric references alone, and no document type may add any.
const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  processEntities: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
})

const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

const decode = (text: string): string =>
  text.replace(
    /&(?:#x([0-9a-f]+)|#([0-9]+)|([a-z]+));/gi,
    (whole, hex?: string, decimal?: string, name?: string) => {
      if (name !== undefined) return named[name] ?? whole
      const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole
    },
  )

const splitName = (qualified: string): [prefix: string, local: string] => {
  const colon = qualified.indexOf(':')
  return colon < 0 ? ['', qualified] : [qualified.slice(0, colon), qualified.slice(colon + 1)]
}

const scopeOf = (attributes: Readonly<Record<string, string>>, outer: Scope): Scope => {
  const scope: Record<string, string> = { ...outer }
  for (const [key, value] of Object.entries(attributes)) {
    if (key === 'xmlns') scope[''] = decode(value)
    else if (key.startsWith('xmlns:')) scope[key.slice(6)] = decode(value)
  }
  return scope
}

const toElement = (node: Ordered, outer: Scope): XmlElement | undefined => {
  const tag = Object.keys(node).find((key) => key !== ':@' && key !== '#text')
  if (tag === undefined) return undefined
  const attributes = (node[':@'] ?? {}) as Record<string, string>
  const scope = scopeOf(attributes, outer)
  const [prefix, name] = splitName(tag)
  const content = node[tag] as Ordered[]
  const nil = Object.entries(attributes).some(
    ([key, value]) => splitName(key)[1] === 'nil' && /^(true|1)$/.test(value),
  )
  return {
    name,
    namespace: scope[prefix] ?? '',
    nil,
    children: content.flatMap((child) => toElement(child, scope) ?? []),
    text: content.map((child) => decode(String(child['#text'] ?? ''))).join(''),
  }
}

/** The root element, or undefined when the text is no well-formed XML. */
export const readXml = (text: string): XmlElement | undefined => {
  if (/<!DOCTYPE/i.test(text) || XMLValidator.validate(text) !== true) return undefined
  const roots = (parser.parse(text) as Ordered[]).flatMap((node) => toElement(node, {}) ?? [])
  return roots[0]
}
