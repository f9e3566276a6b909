import { parseXml, XmlElement } from '@rgrove/parse-xml'
import type { Row } from '../rows.ts'

/** Tab, line breaks, and from the space on what is no surrogate or non-character (XML 1.0 §2.2). */
const isCharacter = (code: number): boolean =>
  code === 9 ||
  code === 10 ||
  code === 13 ||
  (code >= 0x20 && code <= 0xd7ff) ||
  (code >= 0xe000 && code <= 0xfffd) ||
  (code >= 0x1_0000 && code <= 0x10_ffff)

/** .NET writes a control character that somebody typed as a reference that XML forbids: a list must not fail for one. */
const withoutForbidden = (text: string): string =>
  text.includes('&#')
    ? text.replace(/&#(?:x([0-9a-f]+)|([0-9]+));/gi, (whole, hex?: string, decimal?: string) =>
        isCharacter(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)) ? whole : '\ufffd',
      )
    : text

const localName = (name: string): string => name.slice(name.indexOf(':') + 1)

function contentOf(element: XmlElement): Row | string {
  const elements = element.children.filter((child) => child instanceof XmlElement)
  return elements.length === 0 ? element.text : rowOf(elements)
}

/** Elements of one name are an array where there are several. */
function rowOf(elements: readonly XmlElement[]): Row {
  const values = new Map<string, unknown[]>()
  for (const element of elements) {
    const name = localName(element.name)
    const value = contentOf(element)
    const same = values.get(name)
    if (same) same.push(value)
    else values.set(name, [value])
  }
  return Object.fromEntries([...values].map(([name, all]) => [name, all.length === 1 ? all[0] : all]))
}

/** The document as nested rows of texts, names without prefix; undefined when it is not well formed or has a DOCTYPE. */
export function readXml(text: string): Row | undefined {
  if (/<!DOCTYPE/i.test(text)) return undefined
  try {
    const { root } = parseXml(withoutForbidden(text), { ignoreUndefinedEntities: true })
    return root ? rowOf([root]) : undefined
  } catch {
    // Not well formed, or too deep: the caller is told that it cannot be read.
    return undefined
  }
}
