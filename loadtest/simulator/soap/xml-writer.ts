/** Ordered members of an answer: null becomes nil, a list repeats its element. */
export type Tree = { [name: string]: string | boolean | null | Tree | readonly Tree[] | readonly string[] }

// Characters that XML 1.0 cannot carry at all are left out; an apostrophe needs no escape in text.
const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }

export const escapeXml = (text: string): string =>
  text
    // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what must go
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '')
    .replace(/[&<>]/g, (character) => escapes[character] ?? character)

const writeMember = (name: string, value: Tree[string]): string => {
  if (value === null) return `<${name} i:nil="true"/>`
  if (typeof value === 'string') return value === '' ? `<${name}/>` : `<${name}>${escapeXml(value)}</${name}>`
  if (typeof value === 'boolean') return `<${name}>${value}</${name}>`
  if (Array.isArray(value)) return value.map((item: Tree[string]) => writeMember(name, item)).join('')
  const content = writeTree(value as Tree)
  return content === '' ? `<${name}/>` : `<${name}>${content}</${name}>`
}

/** Writes members in the order they stand. */
export const writeTree = (tree: Tree): string =>
  Object.entries(tree)
    .map(([name, value]) => writeMember(name, value))
    .join('')
