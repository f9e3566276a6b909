import { rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

/**
 * Builds the console into `outDir`, emptying it first: index.html, and beside it every script, style and icon under a name
 * with the hash of its content, referred to as `/console/<name>`.
 * @returns the paths written
 */
export async function buildConsole(outDir: string = here('./dist')): Promise<string[]> {
  await rm(outDir, { recursive: true, force: true })
  const built = await Bun.build({
    entrypoints: [here('./index.html')],
    outdir: outDir,
    publicPath: '/console/',
    minify: true,
    define: { 'process.env.NODE_ENV': '"production"' },
    naming: { entry: '[name].[ext]', chunk: '[name]-[hash].[ext]', asset: '[name]-[hash].[ext]' },
  })
  return built.outputs.map((output) => output.path)
}

if (import.meta.main) {
  for (const path of await buildConsole()) process.stdout.write(`${path}\n`)
}
