/** The same questions, asked of the upstream itself through the service's own client: the upstream's own time. */
import { createSoapUpstream } from '../../../services/tebra-proxy-worker/upstream/soap/soap-upstream.ts'
import { readInput } from '../harness/run-program.ts'
import { drive } from './drive.ts'
import { action, type Generated, GeneratorInput, question } from './generator-input.ts'

const { simulatorUrl, series, load } = readInput(GeneratorInput)
const upstream = createSoapUpstream({
  fetch,
  clock: { now: Date.now },
  admit: () => Promise.resolve(),
  endpoint: new URL(`${simulatorUrl}/services/soap/2.1/KareoServices.svc`),
  // The simulator's only account (see loadtest/simulator/accounts.ts).
  credentialsOf: () => ({
    customerKey: 'demo-key',
    user: 'demo@clinic.example',
    password: 'demo-password',
    timeZone: 'America/New_York',
  }),
  timeoutMs: 20_000,
  answerBytesMax: 8 * 1_024 * 1_024,
})

const driven = await drive(load, async (index) => {
  await upstream.perform({
    action,
    params: question(series, index),
    practiceId: 'demo-clinic',
    correlationId: crypto.randomUUID(),
    signal: new AbortController().signal,
  })
})
const generated: Generated = { ...driven, lost: 0, doubled: 0 }
console.log(JSON.stringify(generated))
process.exit(0)
