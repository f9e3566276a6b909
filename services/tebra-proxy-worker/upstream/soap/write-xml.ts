/** A request's members; undefined leaves one out, `{}` writes an empty element, a list is an array of xs:long. */
export type Members = { readonly [name: string]: string | readonly string[] | Members | undefined }

const arrays = 'http://schemas.microsoft.com/2003/10/Serialization/Arrays'

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\r': '&#13;',
}

/** Escapes a text for an element; what XML 1.0 cannot carry at all is left out, or the whole request would be refused. */
export const escapeXml = (text: string): string =>
  text
    .toWellFormed()
    // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly those are meant
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
    .replace(/[&<>"'\r]/g, (character) => escapes[character] ?? character)

const isList = (value: readonly string[] | Members): value is readonly string[] => Array.isArray(value)

function writeMember(name: string, value: Exclude<Members[string], undefined>, namespace: string): string {
  if (typeof value === 'string') return `<${name}${namespace}>${escapeXml(value)}</${name}>`
  const content = isList(value)
    ? value.map((item) => `<a:long xmlns:a="${arrays}">${escapeXml(item)}</a:long>`).join('')
    : writeMembers(value)
  return content === '' ? `<${name}${namespace}/>` : `<${name}${namespace}>${content}</${name}>`
}

// WCF drops a member that stands out of order without a word: members of the base type first, then by code unit.
const rank = (name: string): string => (name === 'RequestHeader' ? '' : name)

/** Writes members in the one order WCF reads them, whatever order they are given in. */
export function writeMembers(members: Members, namespaceOf: (name: string) => string = () => ''): string {
  return Object.entries(members)
    .sort(([a], [b]) => (rank(a) < rank(b) ? -1 : 1))
    .map(([name, value]) => (value === undefined ? '' : writeMember(name, value, namespaceOf(name))))
    .join('')
}
