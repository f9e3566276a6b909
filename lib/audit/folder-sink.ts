import { randomUUID } from 'node:crypto'
import { link, mkdir, open, readdir, readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type CheckpointSink, SinkError } from './checkpoint-sink.ts'

/** A folder as the sink: on a disk or share that keeps what is written, e.g. an append-only or WORM mount. */
export function createFolderSink(folder: string): CheckpointSink {
  return {
    async create(name, text) {
      const file = join(folder, name)
      await mkdir(dirname(file), { recursive: true }).catch(refuse)
      const draft = `${file}.${randomUUID()}.draft`
      try {
        await writeSafely(draft, text)
        // A link appears whole or not at all, and only where there is nothing of that name.
        await link(draft, file)
        await syncFolder(dirname(file))
        return 'created'
      } catch (error) {
        if (codeOf(error) === 'EEXIST') return 'exists'
        throw failed(error)
      } finally {
        await rm(draft, { force: true })
      }
    },

    read: (name) => readFile(join(folder, name), 'utf8').catch(undefinedWhereMissing),

    async list(prefix) {
      const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch(
        undefinedWhereMissing,
      )
      return (found ?? [])
        .filter((entry) => entry.isFile() && !entry.name.endsWith('.draft'))
        .map(({ parentPath, name }) => join(parentPath, name).slice(join(folder, '/').length))
        .filter((name) => name.startsWith(prefix))
        .sort()
    },
  }
}

async function writeSafely(file: string, text: string): Promise<void> {
  const handle = await open(file, 'wx', 0o444)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

const codeOf = (error: unknown): unknown => (error as { code?: unknown }).code

const failed = (cause: unknown): SinkError => new SinkError('the archive folder failed', { cause })
function refuse(error: unknown): never {
  throw failed(error)
}

function undefinedWhereMissing(error: unknown): undefined {
  if (codeOf(error) === 'ENOENT') return undefined
  throw failed(error)
}
