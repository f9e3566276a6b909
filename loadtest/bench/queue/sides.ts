import { withFreshRedis } from '../harness/fresh-redis.ts'
import { Spent } from '../harness/meter.ts'
import { cores } from '../harness/pinning.ts'
import { runProgram } from '../harness/run-program.ts'
import type { ProgramInput } from './program-input.ts'
import { type Proof, proveBullMq, proveOurs } from './proof.ts'

/** How a side runs at its best, as a sweep found it. */
export interface Setting {
  readonly addWidth: number
  readonly concurrency: number
  readonly addClient?: 'ioredis' | 'bun'
  readonly workClient?: 'ioredis' | 'bun'
}

export interface Round {
  readonly added: Spent
  readonly worked: Spent
  readonly proof: Proof
}

const script = (name: string) => new URL(`./${name}.ts`, import.meta.url)
const sides = {
  ours: { add: script('add-ours'), work: script('work-ours'), prove: proveOurs },
  peer: { add: script('add-bullmq'), work: script('work-bullmq'), prove: proveBullMq },
} as const
export type Side = keyof typeof sides

const options = { core: cores.program, schema: Spent }

/** What a round does beyond the rule: see `ProgramInput`. */
type Beyond = Pick<ProgramInput, 'whole' | 'sealed'>

/** One round: a fresh Redis, a fresh process that adds, a fresh process that works it all off, and the proof. */
export const runRound = (side: Side, jobs: number, setting: Setting, beyond: Beyond = {}): Promise<Round> =>
  withFreshRedis(async (url) => {
    const input: ProgramInput = {
      url,
      jobs,
      warmUp: Math.round(jobs / 10),
      concurrency: setting.addWidth,
      ...beyond,
    }
    const added = await runProgram(sides[side].add, { ...input, client: setting.addClient }, options)
    const work = { ...input, concurrency: setting.concurrency, client: setting.workClient }
    const worked = await runProgram(sides[side].work, work, options)
    return { added, worked, proof: await sides[side].prove(url, jobs) }
  })
