import { existsSync, readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** An import statement or a file beside the module, by its address; type-only imports are gone when the service runs. */
const reference =
  /(?:^|\n)\s*(?:import|export)\s(?!type\b)(?:[^'";]*?\sfrom\s)?['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]|new URL\(\s*['"`]([^'"`]+)['"`]\s*,\s*import\.meta\.url/g

export interface Reached {
  /** Files of this repository, relative to its root. */
  readonly files: ReadonlySet<string>
  /** Packages, by name. */
  readonly packages: ReadonlySet<string>
}

/** Everything a program needs to be there when it runs: its imports, theirs, and the files they open beside themselves. */
export async function reachedFrom(root: string, entry: string): Promise<Reached> {
  const files = new Set<string>()
  const packages = new Set<string>()
  const visit = async (path: string): Promise<void> => {
    if (files.has(path)) return
    files.add(path)
    if (!/\.tsx?$/.test(path)) return
    const text = await readFile(join(root, path), 'utf8')
    for (const match of text.matchAll(reference)) {
      const name = match[1] ?? match[2] ?? match[3] ?? ''
      const found = filesOf(root, path, name)
      for (const file of found) await visit(file)
      if (found.length > 0) continue
      if (!/^(\.|node:|bun:|https?:)/.test(name)) packages.add(packageOf(name))
    }
  }
  await visit(entry)
  return { files, packages }
}

/** The file of this repository a name leads to; where a part of the name is made up at run time, every file it may be. */
function filesOf(root: string, from: string, name: string): string[] {
  if (!name.startsWith('#lib/') && !name.startsWith('.')) return []
  const path = name.startsWith('#') ? name.slice(1) : join(dirname(from), name)
  const [start = '', ...ends] = basename(path).split(/\$\{[^}]*\}/)
  const folder = dirname(path)
  if (!existsSync(join(root, folder))) return []
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((file) => file.isFile())
    .filter(({ name: file }) =>
      ends.length === 0 ? file === start : file.startsWith(start) && file.endsWith(ends.at(-1) ?? ''),
    )
    .map((file) => join(folder, file.name))
}

const packageOf = (name: string): string =>
  name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/')
