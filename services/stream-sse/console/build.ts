import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
const page = 'index.html'

/**
 * Builds the console into `outDir`, leaving nothing else there: index.html, and beside it every script, style and icon
 * under a name with the hash of its content, referred to as `/console/<name>`. Whoever reads the folder meanwhile, or
 * builds into it too, finds a whole console there.
 * @returns the paths written
 */
export async function buildConsole(outDir: string = here('./dist')): Promise<string[]> {
  const staged = await mkdtemp(`${outDir}-`)
  try {
    const built = await Bun.build({
      entrypoints: [here(page)],
      outdir: staged,
      publicPath: '/console/',
      minify: true,
      define: { 'process.env.NODE_ENV': '"production"' },
      naming: { entry: '[name].[ext]', chunk: '[name]-[hash].[ext]', asset: '[name]-[hash].[ext]' },
    })
    const named = built.outputs.map(({ path }) => basename(path)).filter((name) => name !== page)
    const names = [...named, page]
    await mkdir(outDir, { recursive: true })
    for (const name of names) await rename(join(staged, name), join(outDir, name))
    for (const name of await readdir(outDir))
      if (!names.includes(name)) await rm(join(outDir, name), { recursive: true, force: true })
    return names.map((name) => join(outDir, name))
  } finally {
    await rm(staged, { recursive: true, force: true })
  }
}

if (import.meta.main) {
  for (const path of await buildConsole()) process.stdout.write(`${path}\n`)
}
