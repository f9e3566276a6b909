import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository's own folder. */
export const root = fileURLToPath(new URL('../../../', import.meta.url)).replace(/\/$/, '')

/** Fetched, built or written at run time; `.gitignore` names the same. */
const notOurs: ReadonlySet<string> = new Set(['node_modules', '.git', '.local', 'coverage', 'dist'])

/** Every file of the tree, as paths from the root with `/`. */
export function filesOfTree(folder = root): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return notOurs.has(entry.name) ? [] : filesOfTree(path)
    return [relative(root, path).replaceAll('\\', '/')]
  })
}

export interface Import {
  /** As it is written. */
  readonly specifier: string
  /** A path from the root where it is a file of ours, else the npm package's or built-in module's name. */
  readonly target: string
  readonly ours: boolean
  /** Gone at run time. */
  readonly typeOnly: boolean
}

export interface SourceFile {
  readonly path: string
  readonly text: string
  /** The text without comments; strings stay. */
  readonly code: string
  readonly imports: readonly Import[]
  /** A test, or something only tests use. */
  readonly forTests: boolean
}

const scanners = {
  ts: new Bun.Transpiler({ loader: 'ts' }),
  tsx: new Bun.Transpiler({ loader: 'tsx' }),
}

export const readText = (path: string): string => readFileSync(join(root, path), 'utf8')

/** Every TypeScript file of the tree, read and its imports resolved. */
export function sourceFiles(paths: readonly string[] = filesOfTree()): SourceFile[] {
  return paths.filter((path) => /\.tsx?$/.test(path)).map((path) => parseSource(path, readText(path)))
}

export function parseSource(path: string, text: string): SourceFile {
  return {
    path,
    text,
    code: withoutComments(text),
    imports: importsOf(path, text),
    forTests: /\.test\.tsx?$/.test(path) || path.includes('/testing/'),
  }
}

function importsOf(path: string, text: string): Import[] {
  const scanner = path.endsWith('.tsx') ? scanners.tsx : scanners.ts
  const specifiers = (source: string) => [...new Set(scanner.scanImports(source).map((found) => found.path))]
  // The scanner drops type imports, so they are found by reading them as value imports.
  const asValues = text.replace(/^(import|export) type (?=[{*\w][^=;]*? from )/gm, '$1 ')
  const values = new Set(specifiers(text))
  return specifiers(asValues)
    .filter((specifier) => !isMadeByJsx(path, text, specifier))
    .map((specifier) => ({ specifier, ...resolve(path, specifier), typeOnly: !values.has(specifier) }))
}

/** JSX makes the scanner name React's runtime, which no one wrote. */
const isMadeByJsx = (path: string, text: string, specifier: string) =>
  path.endsWith('.tsx') && specifier.startsWith('react/jsx') && !text.includes(specifier)

function resolve(from: string, specifier: string): { target: string; ours: boolean } {
  if (specifier.startsWith('#lib/')) return { target: specifier.slice(1), ours: true }
  if (specifier.startsWith('.'))
    return { target: posix.normalize(posix.join(dirname(from), specifier)), ours: true }
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
  return { target: name, ours: false }
}

/** Comments become blank; a string that looks like one stays, for it is matched first. */
function withoutComments(text: string): string {
  const token = /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|\/\/[^\n]*|\/\*[\s\S]*?\*\//g
  return text.replace(token, (found) => (/^\/[/*]/.test(found) ? found.replace(/[^\n]/g, ' ') : found))
}

/** Chains of value imports that end where they began; each circle once. */
export function importCircles(files: readonly SourceFile[]): string[] {
  const edges = new Map(
    files.map(({ path, imports }) => [
      path,
      imports.filter(({ ours, typeOnly }) => ours && !typeOnly).map(({ target }) => target),
    ]),
  )
  const finished = new Set<string>()
  const circles: string[] = []
  const walk = (path: string, trail: readonly string[]) => {
    const start = trail.indexOf(path)
    if (start >= 0) circles.push([...trail.slice(start), path].join(' → '))
    if (start >= 0 || finished.has(path)) return
    for (const next of edges.get(path) ?? []) walk(next, [...trail, path])
    finished.add(path)
  }
  for (const path of edges.keys()) walk(path, [])
  return circles
}
