import type { Problem, ProblemCode } from '#lib/contract/problem.ts'

/** What a service answered in place of what was asked, or that it could not be reached (`network`). */
export class ServiceError extends Error {
  override readonly name = 'ServiceError'
  /** A problem code of the contract; `network` without an answer; `unexpected-answer` for an answer that is none of ours. */
  readonly code: ProblemCode | 'network' | 'unexpected-answer'
  /** HTTP status, where there was an answer. */
  readonly status: number | undefined
  readonly problem: Problem | undefined
  readonly retryAfterMs: number | undefined

  constructor(
    code: ServiceError['code'],
    message: string,
    facts: { status?: number; problem?: Problem; retryAfterMs?: number | undefined; cause?: unknown } = {},
  ) {
    super(message, { cause: facts.cause })
    this.code = code
    this.status = facts.status
    this.problem = facts.problem
    this.retryAfterMs = facts.retryAfterMs
  }
}
