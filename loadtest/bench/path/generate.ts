/** A load generator: submits requests over HTTP with keep-alive and waits for their events over SSE. */
import { readInput } from '../harness/run-program.ts'
import { drive } from './drive.ts'
import { createEnds, listen } from './ends.ts'
import { action, type Generated, GeneratorInput, question } from './generator-input.ts'

const { tebraUrl, eventsUrl, tokens, series, load } = readInput(GeneratorInput)
const ends = createEnds()
await Promise.all(tokens.map((token) => listen(eventsUrl, token, ends)))
const headers = tokens.map((token) => ({
  Authorization: `Bearer ${token}`,
  'Content-Type': 'application/json',
}))
const url = `${tebraUrl}/tebra/requests`
/** What has not ended so long after the load has stopped is counted as lost. */
const giveUpMs = 10_000

const ask = async (index: number): Promise<void> => {
  const answer = await fetch(url, {
    method: 'POST',
    headers: headers[index % headers.length] ?? {},
    body: JSON.stringify({ action, params: question(series, index) }),
  })
  if (answer.status !== 202) throw new Error(`not accepted: ${answer.status} ${await answer.text()}`)
  const { id } = (await answer.json()) as { id: string }
  await Promise.race([ends.of(id), new Promise<void>((resolve) => setTimeout(resolve, giveUpMs))])
}

const driven = await drive(load, ask)
const generated: Generated = { ...driven, lost: ends.lost(), doubled: ends.doubled() }
console.log(JSON.stringify(generated))
process.exit(0)
