/**
 * Asks for a random session over and over on raw keep-alive connections, one request at a time on each, and reads the
 * server's CPU beside. The same for both sides.
 */
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { cpuSecondsOf } from '../harness/process-figures.ts'
import { readInput } from '../harness/run-program.ts'
import { percentile } from '../harness/statistics.ts'
import { Asked, LoadInput } from './seed-input.ts'

const { port, path, pid, file, header, connections, warmUpMs, seconds } = readInput(LoadInput)
const sessions = Asked.parse(JSON.parse(readFileSync(file, 'utf8')))
const latencies: number[] = []
let wrong = 0
let counting = false
let over = false

function openConnection(): void {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  let received = ''
  let whose = ''
  let askedAt = 0
  const ask = (): void => {
    const [session, user] = sessions[Math.floor(Math.random() * sessions.length)] ?? ['', '']
    whose = user
    askedAt = performance.now()
    socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n${header}\r\n${session}\r\n\r\n`)
  }
  socket.setEncoding('latin1')
  socket.on('connect', ask)
  socket.on('data', (text: string) => {
    received += text
    const headEnd = received.indexOf('\r\n\r\n')
    if (headEnd < 0) return
    const length = /^content-length: (\d+)/im.exec(received.slice(0, headEnd))?.[1]
    if (length === undefined) throw new Error('an answer without Content-Length')
    if (received.length < headEnd + 4 + Number(length)) return
    if (!received.startsWith('HTTP/1.1 200') || !received.includes(whose, headEnd)) wrong += 1
    if (counting) latencies.push(performance.now() - askedAt)
    received = ''
    if (!over) ask()
  })
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
for (let opened = 0; opened < connections; opened++) openConnection()
await wait(warmUpMs)
const [cpuFrom, wallFrom, ownFrom] = [await cpuSecondsOf(pid), performance.now(), process.cpuUsage()]
counting = true
await wait(seconds * 1_000)
counting = false
const wallMs = performance.now() - wallFrom
const cpuMs = ((await cpuSecondsOf(pid)) - cpuFrom) * 1_000
const { user, system } = process.cpuUsage(ownFrom)
over = true
console.log(
  JSON.stringify({
    spent: { jobs: latencies.length, cpuMs, wallMs },
    p99Ms: percentile(latencies, 0.99),
    wrong,
    cpuShare: (user + system) / 1_000 / wallMs,
  }),
)
process.exit(0)
