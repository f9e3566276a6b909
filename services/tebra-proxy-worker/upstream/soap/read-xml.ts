import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { isRow, type Row } from '../rows.ts'

const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function character(reference: string): string | undefined {
  if (!reference.startsWith('#')) return named[reference]
  const code = reference.startsWith('#x')
    ? Number.parseInt(reference.slice(2), 16)
    : Number(reference.slice(1))
  return Number.isInteger(code) && code <= 0x10_ffff ? String.fromCodePoint(code) : undefined
}

const decode = (text: string): string =>
  text.includes('&')
    ? text.replace(/&(#x[0-9a-f]+|#\d+|\w+);/gi, (whole, name) => character(name) ?? whole)
    : text

// The five entities of XML and numeric references are decoded here and nothing else is: a document defines none.
const parser = new XMLParser({
  removeNSPrefix: true,
  ignoreAttributes: true,
  ignoreDeclaration: true,
  ignorePiTags: true,
  parseTagValue: false,
  processEntities: false,
  tagValueProcessor: (_name, value) => decode(value),
})

/** The document as nested rows of texts, names without prefix; undefined when it is not well formed or has a DOCTYPE. */
export function readXml(text: string): Row | undefined {
  if (/<!DOCTYPE/i.test(text)) return undefined
  try {
    if (XMLValidator.validate(text) !== true) return undefined
    const document: unknown = parser.parse(text)
    return isRow(document) ? document : undefined
  } catch {
    // Too deep, or a name the parser refuses: the caller is told that it cannot be read.
    return undefined
  }
}
