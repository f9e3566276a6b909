import type { OpenAPIHono } from '@hono/zod-openapi'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { IntakeDeps } from './intake-deps.ts'
import { addListDeadLetters } from './list-dead-letters.ts'
import { addReadDeadLetter } from './read-dead-letter.ts'
import { addRequeueDeadLetter } from './requeue-dead-letter.ts'
import { addRequeueMany } from './requeue-many.ts'
import { addResolveDeadLetter } from './resolve-dead-letter.ts'

/** What ended without an answer: listed, opened, given another round (edited or not), or settled by a person. */
export function addDeadLetters(app: OpenAPIHono<ServiceEnv>, deps: IntakeDeps): void {
  addListDeadLetters(app, deps)
  addReadDeadLetter(app, deps)
  addRequeueMany(app, deps)
  addRequeueDeadLetter(app, deps)
  addResolveDeadLetter(app, deps)
}
