/** All that sealing costs in the life of one request: params sealed and opened, result sealed, and opened twice. */
import { placeOf } from '../../../lib/crypto/request-place.ts'
import { createMeter } from '../harness/meter.ts'
import { readInput } from '../harness/run-program.ts'
import { openOurs } from '../queue/ours.ts'
import { paramsOf, practiceOf, practices, result } from '../queue/payload.ts'
import { ProgramInput } from './program-input.ts'

const { url, jobs, warmUp } = readInput(ProgramInput)
const { cipher, dataKeys } = await openOurs(url)
for (const practice of practices) await dataKeys.ensure(practice)
const found = JSON.stringify(result)
const meter = createMeter(jobs, warmUp)

for (let index = 0; index < jobs; index += 1) {
  const place = (field: 'params' | 'result') => placeOf(practiceOf(index), `request-${index}`, field)
  const params = JSON.stringify(paramsOf(index))
  const sealedParams = await cipher.encrypt(place('params'), params)
  const opened = await cipher.decrypt(place('params'), sealedParams)
  const sealedResult = await cipher.encrypt(place('result'), found)
  // For the event stream, and for whoever asks for the record.
  const told = await cipher.decrypt(place('result'), sealedResult)
  const read = await cipher.decrypt(place('result'), sealedResult)
  if (opened !== params || told !== found || read !== found) throw new Error('a text came back changed')
  meter.count()
}
console.log(JSON.stringify(await meter.complete))
process.exit(0)
