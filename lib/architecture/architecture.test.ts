import { basename } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import {
  filesOfTree,
  type Import,
  importCircles,
  parseSource,
  readText,
  type SourceFile,
  sourceFiles,
} from './testing/source-tree.ts'

const paths = filesOfTree()
const files = sourceFiles(paths)
const product = files.filter(({ path, forTests }) => /^(lib|services)\//.test(path) && !forTests)
const { dependencies, devDependencies } = z
  .object({
    dependencies: z.record(z.string(), z.string()),
    devDependencies: z.record(z.string(), z.string()),
  })
  .parse(JSON.parse(readText('package.json')))

/** Runs in the browser and is bundled by the build; what it needs need not be in the image. */
const forBrowser = (path: string) => /^(lib\/client|services\/stream-sse\/console)\//.test(path)
const builtIn = (name: string) => /^(node|bun):/.test(name) || name === 'bun'
const serviceOf = (path: string) => /^services\/([^/]+)\//.exec(path)?.[1]
const inFolder = (target: string, ...folders: string[]) =>
  folders.some((folder) => target.startsWith(`${folder}/`))

/** `file: imports what` of every import that the rule does not allow. */
const offences = (among: readonly SourceFile[], allows: (found: Import, file: SourceFile) => boolean) =>
  among.flatMap((file) =>
    file.imports
      .filter((found) => !allows(found, file))
      .map(({ specifier }) => `${file.path}: imports ${specifier}`),
  )
/** `file:line: text` of every line of code that matches. */
const lines = (among: readonly SourceFile[], pattern: RegExp) =>
  among.flatMap(({ path, code }) =>
    code
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
  )

test('reads the whole tree', () => {
  for (const folder of ['lib', 'services', 'loadtest', 'deploy'])
    expect(files.filter(({ path }) => path.startsWith(`${folder}/`)).length, folder).toBeGreaterThan(5)
  for (const { path, imports } of files)
    for (const { target } of imports.filter(({ ours }) => ours)) expect(paths, path).toContain(target)
})

test('sees every form of import', () => {
  const { imports } = parseSource(
    'lib/a/b.ts',
    [
      "import { x } from '../c/d.ts'",
      "import type { Y } from '#lib/e.ts'",
      "export type { Z } from './f.ts'",
      "import type {\n  Long,\n} from '@scope/name/deep'",
      "export * from './g.ts'",
      "const h = await import('node:fs')",
      "export type T = { from: 'nowhere' }",
      'void [x, h]',
    ].join('\n'),
  )
  expect(imports.map(({ target, typeOnly }) => `${target}${typeOnly ? ' (type)' : ''}`).sort()).toEqual([
    '@scope/name (type)',
    'lib/a/f.ts (type)',
    'lib/a/g.ts',
    'lib/c/d.ts',
    'lib/e.ts (type)',
    'node:fs',
  ])
})

test('the contract imports zod and itself, so that a browser can have it', () => {
  const contract = product.filter(({ path }) => inFolder(path, 'lib/contract'))
  expect(offences(contract, ({ target }) => target === 'zod' || inFolder(target, 'lib/contract'))).toEqual([])
})

test('the client imports the contract and itself, and React only in hooks', () => {
  const client = product.filter(({ path }) => inFolder(path, 'lib/client'))
  const allows = ({ target }: Import, { path }: SourceFile) =>
    inFolder(target, 'lib/contract', 'lib/client') || (target === 'react' && /\/use-[^/]+$/.test(path))
  expect(offences(client, allows)).toEqual([])
})

test('lib imports nothing of what stands on it', () => {
  const lib = product.filter(({ path }) => inFolder(path, 'lib'))
  expect(offences(lib, ({ target }) => !inFolder(target, 'services', 'deploy', 'loadtest'))).toEqual([])
})

test('a service imports itself and lib; its tests may also play the upstream', () => {
  const services = files.filter(({ path }) => inFolder(path, 'services'))
  const allows = ({ target, ours }: Import, { path, forTests }: SourceFile) =>
    !ours ||
    inFolder(target, 'lib', `services/${serviceOf(path)}`) ||
    (forTests && inFolder(target, 'loadtest/simulator'))
  expect(offences(services, allows)).toEqual([])
})

test('product code imports nothing that only tests use', () => {
  expect(offences(product, ({ target }) => !/\.test\.tsx?$|\/testing\//.test(target))).toEqual([])
})

test('the simulator imports nothing of ours, so that it cannot share our mistakes', () => {
  const simulator = files.filter(({ path }) => inFolder(path, 'loadtest/simulator'))
  expect(offences(simulator, ({ target, ours }) => !ours || inFolder(target, 'loadtest/simulator'))).toEqual(
    [],
  )
})

test('only server.ts, commands and build scripts name the process or Bun', () => {
  const others = product.filter(({ path }) => !/(\/(server|build)|-command)\.ts$/.test(path))
  expect(lines(others, /(?<![.\w$'"])(process|Bun)\./)).toEqual([])
})

test('exports have names; only a configuration and a k6 script must have a default one', () => {
  const others = files.filter(({ path }) => !/\.config\.ts$/.test(path) && !inFolder(path, 'loadtest/k6'))
  expect(lines(others, /^\s*export\s+default\b|\bas default\b/)).toEqual([])
})

test('no file is named after nothing in particular', () => {
  const vague = /(^|[-.])(utils?|helpers?|common|manager|base)(?=[-.]|$)/
  expect(files.map(({ path }) => path).filter((path) => vague.test(basename(path)))).toEqual([])
})

test('every npm package that is imported is declared', () => {
  const declared = ({ target, ours }: Import, { path }: SourceFile) =>
    ours ||
    builtIn(target) ||
    target in dependencies ||
    target in devDependencies ||
    // k6 brings its own modules.
    (inFolder(path, 'loadtest/k6') && /^k6$|^k6\//.test(target))
  expect(offences(files, declared)).toEqual([])
})

test('what a service needs at run time is a dependency, not a development dependency', () => {
  const server = product.filter(({ path }) => !forBrowser(path))
  const allows = ({ target, ours, typeOnly }: Import) =>
    ours || typeOnly || builtIn(target) || target in dependencies
  expect(offences(server, allows)).toEqual([])
})

test('every dependency is imported by product code', () => {
  const used = new Set(product.flatMap(({ imports }) => imports.map(({ target }) => target)))
  expect(Object.keys(dependencies).filter((name) => !used.has(name))).toEqual([])
})

test('every version is exact', () => {
  const all = Object.entries({ ...dependencies, ...devDependencies })
  expect(all.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([])
})

test('no chain of imports ends where it began', () => {
  expect(importCircles(files)).toEqual([])
})

test('finds a chain that ends where it began, and forgives types', () => {
  const chain = (kind: string) => [
    parseSource('lib/a.ts', "export { b } from './b.ts'"),
    parseSource('lib/b.ts', `export ${kind}{ a } from './a.ts'`),
  ]
  expect(importCircles(chain(''))).toEqual(['lib/a.ts → lib/b.ts → lib/a.ts'])
  expect(importCircles(chain('type '))).toEqual([])
})
