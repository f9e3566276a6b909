import { isEnd, type RequestStatus } from '../../../lib/contract/requests.ts'
import { action, question } from './generator-input.ts'

const everyMs = 30_000
const pollers = 30

/**
 * Pages that ask every 30 s whether their request has ended, each at its own beat: from the request to the answer that
 * says so, in ms. Their beats are spread evenly over the 30 s, so this really takes that long.
 */
export function pollEveryHalfMinute(tebraUrl: string, tokens: readonly string[]): Promise<number[]> {
  return Promise.all(
    Array.from({ length: pollers }, async (_, index) => {
      const headers = {
        Authorization: `Bearer ${tokens[index % tokens.length]}`,
        'Content-Type': 'application/json',
      }
      const body = JSON.stringify({ action, params: question('Poll', index) })
      const begunAt = performance.now()
      const answer = await fetch(`${tebraUrl}/tebra/requests`, { method: 'POST', headers, body })
      const { id } = (await answer.json()) as { id: string }
      await sleep(((index + 0.5) * everyMs) / pollers)
      for (;;) {
        const record = await fetch(`${tebraUrl}/tebra/requests/${id}`, { headers })
        const { status } = (await record.json()) as { status: RequestStatus }
        if (isEnd(status)) return performance.now() - begunAt
        await sleep(everyMs)
      }
    }),
  )
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
