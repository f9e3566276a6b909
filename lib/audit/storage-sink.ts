import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import type { AccessTokens, Fetch } from '#lib/crypto/metadata-token.ts'
import { type CheckpointSink, SinkError } from './checkpoint-sink.ts'

const ObjectList = z.object({
  items: z.array(z.object({ name: z.string() })).default([]),
  nextPageToken: z.string().optional(),
})

const triesMax = 4
const timeoutMs = 10_000
/** Worth another try; 401, because the token may have ended early and is then asked for anew. */
const passing = new Set([401, 408, 429, 500, 502, 503, 504])

/**
 * A Cloud Storage bucket as the sink, by its JSON API (https://cloud.google.com/storage/docs/json_api/v1/objects).
 * Every insert carries ifGenerationMatch=0, so that it creates or is refused with 412 and may be sent again. The
 * service account needs objectCreator and objectViewer; who may delete is the bucket's lock's matter.
 */
export function createStorageSink(deps: {
  bucket: string
  /** Before every name: empty, or ends with a slash. */
  prefix: string
  tokens: AccessTokens
  fetch: Fetch
  /** Where the API answers. */
  origin?: string
  backOffMs?: (failures: number) => number
}): CheckpointSink {
  const { bucket, prefix, tokens, origin = 'https://storage.googleapis.com' } = deps
  const { backOffMs = (failures: number) => 100 * 4 ** failures } = deps
  const objects = `/b/${encodeURIComponent(bucket)}/o`

  /** Sends until an answer is worth reading; what is sent may arrive twice. */
  async function ask(path: string, query: Record<string, string>, init: RequestInit = {}): Promise<Response> {
    const url = new URL(path, origin)
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
    for (let failures = 0; ; failures += 1) {
      const answer = await once(url.href, init).catch(
        (cause: unknown) => new SinkError('Cloud Storage gave no answer', { cause }),
      )
      const passed = answer instanceof Response && !passing.has(answer.status)
      if (passed) return answer
      if (failures + 1 === triesMax)
        throw answer instanceof Error ? answer : new SinkError(`Cloud Storage answered ${answer.status}`)
      await pause(backOffMs(failures))
    }
  }

  async function once(url: string, init: RequestInit): Promise<Response> {
    const headers = { ...init.headers, Authorization: `Bearer ${await tokens.get()}` }
    const signal = AbortSignal.timeout(timeoutMs)
    const answer = await deps.fetch(url, { ...init, headers, signal, redirect: 'error' })
    if (answer.status === 401) tokens.forget()
    return answer
  }

  return {
    async create(name, text) {
      const query = { uploadType: 'media', name: `${prefix}${name}`, ifGenerationMatch: '0' }
      const headers = { 'Content-Type': 'text/plain; charset=utf-8' }
      const answer = await ask(`/upload/storage/v1${objects}`, query, { method: 'POST', headers, body: text })
      await answer.arrayBuffer()
      if (answer.status === 412) return 'exists'
      return accepted(answer, 'created')
    },

    async read(name) {
      const path = `/storage/v1${objects}/${encodeURIComponent(`${prefix}${name}`)}`
      const answer = await ask(path, { alt: 'media' })
      const text = await answer.text()
      return answer.status === 404 ? undefined : accepted(answer, text)
    },

    async list(wanted) {
      const names: string[] = []
      let pageToken: string | undefined
      do {
        const answer = await ask(`/storage/v1${objects}`, {
          prefix: `${prefix}${wanted}`,
          fields: 'items/name,nextPageToken',
          ...(pageToken !== undefined && { pageToken }),
        })
        const page = accepted(answer, ObjectList.parse(answer.ok ? await answer.json() : {}))
        names.push(...page.items.map(({ name }) => name.slice(prefix.length)))
        pageToken = page.nextPageToken
      } while (pageToken !== undefined)
      return names.sort()
    },
  }
}

function accepted<T>(answer: Response, value: T): T {
  if (!answer.ok) throw new SinkError(`Cloud Storage answered ${answer.status}`)
  return value
}
