import { execFileSync } from 'node:child_process'
import { copyFile, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
const client = here('../../lib/client')

/** What an application imports, by the names it imports it by. */
const entries = {
  '.': 'index',
  './offline': 'offline',
  './react': 'react',
  './testing': 'testing/index',
} as const

/**
 * Builds the browser library as a package into `outDir`, emptying it first: ES modules that share their parts, declarations,
 * the guide and a package.json. `npm pack` or `npm publish` there does the rest.
 */
export async function buildClientPackage(outDir: string = here('./dist')): Promise<void> {
  await rm(outDir, { recursive: true, force: true })
  await Bun.build({
    entrypoints: Object.values(entries).map((name) => join(client, `${name}.ts`)),
    root: client,
    outdir: outDir,
    target: 'browser',
    external: ['react'],
    splitting: true,
    naming: { entry: '[dir]/[name].[ext]', chunk: 'shared-[hash].[ext]' },
  })
  await writeDeclarations(join(outDir, 'types'))
  await copyFile(join(client, 'README.md'), join(outDir, 'README.md'))
  await writeFile(join(outDir, 'package.json'), `${JSON.stringify(await manifest(), null, 2)}\n`)
}

async function writeDeclarations(outDir: string): Promise<void> {
  const tsc = here('../../node_modules/.bin/tsc')
  execFileSync(tsc, ['-p', here('./tsconfig.json'), '--outDir', outDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for (const name of await readdir(outDir, { recursive: true })) {
    if (!name.endsWith('.d.ts')) continue
    const path = join(outDir, name)
    const toRoot = relative(join(path, '..'), outDir) || '.'
    const text = await readFile(path, 'utf8')
    // Our own names of files, which only resolve within this repository.
    const portable = text
      .replaceAll(/(?<=['"])#lib\/([^'"]+)\.ts(?=['"])/g, `${toRoot}/$1.js`)
      .replaceAll(/(?<=['"])(\.{1,2}\/[^'"]+)\.ts(?=['"])/g, '$1.js')
    await writeFile(path, portable)
  }
}

async function manifest(): Promise<object> {
  const root = z
    .object({ version: z.string(), dependencies: z.object({ zod: z.string() }) })
    .parse(JSON.parse(await readFile(here('../../package.json'), 'utf8')))
  const exported = Object.entries(entries).map(([name, file]) => {
    return [name, { types: `./types/client/${file}.d.ts`, default: `./${file}.js` }] as const
  })
  return {
    name: '@workflow-bolt/client',
    version: root.version,
    description: 'Asks Tebra through the proxy and listens to its events, in a browser.',
    type: 'module',
    license: 'UNLICENSED',
    sideEffects: false,
    exports: Object.fromEntries(exported),
    // The declarations name its types; nothing of it is in the bundle of an application.
    dependencies: { zod: root.dependencies.zod },
    peerDependencies: { react: '>=18' },
    peerDependenciesMeta: { react: { optional: true } },
  }
}

if (import.meta.main) await buildClientPackage()
