import { readdir, readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import type { ConsoleFile } from './serve-console.ts'

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
  '.woff2': 'font/woff2',
  '.map': 'application/json',
}

/** The built console, read once at start; an empty folder or none at all leaves `/console/` answering 404. */
export async function readConsole(folder: string): Promise<Map<string, ConsoleFile>> {
  const names = await readdir(folder).catch(() => [])
  const files = await Promise.all(
    names.map(async (name) => {
      const bytes = new Uint8Array(await readFile(join(folder, name)))
      return [name, { bytes, type: types[extname(name)] ?? 'application/octet-stream' }] as const
    }),
  )
  return new Map(files)
}
