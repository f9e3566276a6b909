import { type Problem, type ProblemCode, problems } from '#lib/contract/problem.ts'

interface Details {
  /** For us: it is logged by class and never sent. */
  readonly cause?: unknown
  /** For the caller: one sentence, without PHI. */
  readonly detail?: string
  readonly errors?: readonly { path: string; message: string }[]
  readonly retryAfterSeconds?: number
  /** What a step-up has to bring. */
  readonly needs?: NonNullable<Problem['needs']>
  readonly challengeId?: string
  readonly methods?: readonly string[]
  readonly headers?: Readonly<Record<string, string>>
}

/** A failure the caller is told of by its code; thrown anywhere, answered in one place (`answerError`). */
export class DomainError extends Error {
  override readonly name = 'DomainError'
  readonly code: ProblemCode
  readonly details: Details

  constructor(code: ProblemCode, details: Details = {}) {
    super(code, { cause: details.cause })
    this.code = code
    this.details = details
  }

  get status(): number {
    return problems[this.code][0]
  }
}
