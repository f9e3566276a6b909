import { type XmlElement as Parsed, XmlElement as ParsedElement, parseXml } from '@rgrove/parse-xml'

/** One element with its namespace resolved; `text` is that of an element without children. */
export type XmlElement = {
  name: string
  namespace: string
  nil: boolean
  children: XmlElement[]
  text: string
}

type Scope = Readonly<Record<string, string>>

const splitName = (qualified: string): [prefix: string, local: string] => {
  const colon = qualified.indexOf(':')
  return colon < 0 ? ['', qualified] : [qualified.slice(0, colon), qualified.slice(colon + 1)]
}

const scopeOf = (attributes: Readonly<Record<string, string>>, outer: Scope): Scope => {
  const scope: Record<string, string> = { ...outer }
  for (const [key, value] of Object.entries(attributes)) {
    if (key === 'xmlns') scope[''] = value
    else if (key.startsWith('xmlns:')) scope[key.slice(6)] = value
  }
  return scope
}

const toElement = (parsed: Parsed, outer: Scope): XmlElement => {
  const scope = scopeOf(parsed.attributes, outer)
  const [prefix, name] = splitName(parsed.name)
  const children = parsed.children.filter((child) => child instanceof ParsedElement)
  return {
    name,
    namespace: scope[prefix] ?? '',
    nil: Object.entries(parsed.attributes).some(
      ([key, value]) => splitName(key)[1] === 'nil' && /^(true|1)$/.test(value),
    ),
    children: children.map((child) => toElement(child, scope)),
    text: children.length === 0 ? parsed.text : '',
  }
}

/** The root element, or undefined when the text is no well-formed XML. */
export const readXml = (text: string): XmlElement | undefined => {
  if (/<!DOCTYPE/i.test(text)) return undefined
  try {
    const { root } = parseXml(text)
    return root ? toElement(root, {}) : undefined
  } catch {
    return undefined
  }
}
