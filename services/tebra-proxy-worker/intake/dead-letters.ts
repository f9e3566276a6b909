import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { z } from 'zod'
import { actions } from '#lib/contract/actions.ts'
import { Uuid } from '#lib/contract/ids.ts'
import { RequestRecord } from '#lib/contract/requests.ts'
import { DomainError } from '#lib/http/domain-error.ts'
import { needsSession, problemResponses } from '#lib/http/openapi.ts'
import type { ServiceEnv } from '#lib/http/service-env.ts'
import type { ActiveSession } from '#lib/http/session-guard.ts'
import type { IntakeDeps } from './intake-deps.ts'
import { wrongParams } from './submit-request.ts'

const listMax = 200
const ResolveRequest = z
  .strictObject({
    outcome: z.enum(['success', 'error', 'cancelled']),
    note: z.string().trim().min(1).max(500),
  })
  .meta({ id: 'ResolveRequest' })
const RequeueRequest = z
  .strictObject({ params: z.record(z.string(), z.unknown()).optional() })
  .meta({ id: 'RequeueRequest' })

/** What ended without an answer: listed, given another round (edited or not), or settled by a person. All audited. */
export function addDeadLetters(app: OpenAPIHono<ServiceEnv>, deps: IntakeDeps): void {
  const shared = { security: needsSession, middleware: deps.signedIn('dead-letters:write') }
  const record = { description: 'The request', content: { 'application/json': { schema: RequestRecord } } }
  const id = z.object({ id: Uuid })

  const list = createRoute({
    ...shared,
    method: 'get',
    path: '/tebra/dead-letters',
    summary: 'The practice’s dead letters, newest first',
    responses: {
      200: {
        description: 'Dead and uncertain requests, without params or results',
        content: { 'application/json': { schema: z.object({ deadLetters: z.array(RequestRecord) }) } },
      },
      ...problemResponses(401, 403, 503),
    },
  })
  const requeue = createRoute({
    ...shared,
    method: 'post',
    path: '/tebra/dead-letters/{id}/requeue',
    summary: 'Another round for a dead letter',
    request: {
      params: id,
      body: { required: true, content: { 'application/json': { schema: RequeueRequest } } },
    },
    responses: { 200: record, ...problemResponses(400, 401, 403, 404, 409, 413, 415, 422, 503) },
  })
  const resolve = createRoute({
    ...shared,
    method: 'post',
    path: '/tebra/dead-letters/{id}/resolve',
    summary: 'Settle a dead letter by hand, with a note',
    request: {
      params: id,
      body: { required: true, content: { 'application/json': { schema: ResolveRequest } } },
    },
    responses: { 200: record, ...problemResponses(400, 401, 403, 404, 409, 413, 415, 422, 503) },
  })

  const own = async (session: ActiveSession, requestId: string): Promise<RequestRecord> => {
    const found = await deps.desk.read(requestId)
    if (!found || found.practiceId !== session.practiceId) throw new DomainError('not-found')
    if (found.status !== 'dead' && found.status !== 'uncertain') throw new DomainError('already-ended')
    return found
  }
  const audit = (
    action: 'dead-letter.requeue' | 'dead-letter.resolve',
    session: ActiveSession,
    entity: string,
    requestId: string,
    reason: string,
  ) =>
    deps.audit.append({
      action,
      actor: session.userId,
      practiceId: session.practiceId,
      entity: `Request/${entity}`,
      outcome: 'success',
      requestId,
      reason,
    })

  app.openapi(list, async (c) =>
    c.json({ deadLetters: await deps.desk.deadLetters(c.var.session.practiceId, listMax) }, 200),
  )

  app.openapi(requeue, async (c) => {
    const found = await own(c.var.session, c.req.valid('param').id)
    const edited = c.req.valid('json').params
    const params = edited && actions[found.action].params.safeParse(edited)
    if (params && !params.success) throw wrongParams(params.error)
    await audit(
      'dead-letter.requeue',
      c.var.session,
      found.id,
      c.var.requestId,
      edited ? 'edited' : 'as it was',
    )
    if ((await deps.desk.requeue(found, params?.data)) === 'not-dead') throw new DomainError('already-ended')
    return c.json((await deps.desk.read(found.id)) ?? found, 200)
  })

  app.openapi(resolve, async (c) => {
    const found = await own(c.var.session, c.req.valid('param').id)
    const { outcome, note } = c.req.valid('json')
    await audit('dead-letter.resolve', c.var.session, found.id, c.var.requestId, `${outcome}: ${note}`)
    if ((await deps.desk.resolve(found, outcome)) === 'not-dead') throw new DomainError('already-ended')
    return c.json((await deps.desk.read(found.id)) ?? found, 200)
  })
}
