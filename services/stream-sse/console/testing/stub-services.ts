import type { Schedule } from '#lib/contract/clinic.ts'
import { type Permission, permissionsOf, type Role } from '#lib/contract/permissions.ts'
import { type ProblemCode, problems } from '#lib/contract/problem.ts'
import type { AnswerMeta, RequestError, RequestStatus, SubmitRequest } from '#lib/contract/requests.ts'
import {
  cannedDay,
  cannedFactors,
  cannedNow,
  cannedSamples,
  cannedStatus,
  cannedToday,
} from './canned-day.ts'

export const stubPassword = 'correct horse battery'
export const stubCode = '246810'
export const stubRecoveryCode = 'aaaaa-bbbbb-ccccc-ddddd-eeeee'
const users: Readonly<Record<string, { readonly role: Role; readonly hasTotp?: boolean }>> = {
  'desk@clinic.test': { role: 'front-desk' },
  'doctor@clinic.test': { role: 'clinician', hasTotp: true },
  'operator@clinic.test': { role: 'operator' },
  'admin@clinic.test': { role: 'admin' },
}
const minutesFromNow = (minutes: number) => new Date(Date.parse(cannedNow) + minutes * 60_000).toISOString()
const uuid = (n: number) => `0199c1f0-0000-7000-8000-${String(n).padStart(12, '0')}`
const encoder = new TextEncoder()

function problem(code: ProblemCode, more: object = {}, headers: Record<string, string> = {}): Response {
  const [status, title] = problems[code]
  const body = { type: `urn:problem:${code}`, title, status, code, requestId: 'stub', ...more }
  return Response.json(body, { status, headers: { ...headers, 'content-type': 'application/problem+json' } })
}

/** Plays the three services behind one origin for the console's tests: canned data, faults on demand. */
export function startStubServices(consoleFile: (request: Request) => Response | Promise<Response>) {
  const sessions = new Map<string, string>()
  const streams = new Set<ReadableStreamDefaultController<Uint8Array>>()
  const records = new Map<string, object>()
  const faults = {
    login: undefined as (() => Response) | undefined,
    submit: undefined as (() => Response) | undefined,
    /** How requests end in place of a schedule; `never` keeps them on their way. */
    end: undefined as RequestError | 'never' | undefined,
    areStreamsRefused: false,
    status: undefined as (() => Response) | undefined,
  }
  const seen = {
    submissions: [] as SubmitRequest[],
    statusHeaders: [] as Headers[],
    submitHeaders: [] as Headers[],
    urls: [] as string[],
    told: 0,
  }
  const on = {
    schedule: (date: string): Schedule => cannedDay(date, cannedNow),
    stepMs: 20,
    now: cannedNow,
    /** Everybody's role, in place of their own. */
    role: undefined as Role | undefined,
    permissions: undefined as Permission[] | undefined,
    /** How the answers came about, as far as they say so. */
    meta: {} as Partial<AnswerMeta>,
    idleExpiresAt: minutesFromNow(15),
    emergencyUntil: undefined as string | undefined,
    newDevice: false,
    /** More routes, as `GET /path` without the query. */
    routes: new Map<string, (request: Request) => Response | Promise<Response>>(),
  }

  function tell(stream: string, data: object): void {
    const id = `${Date.now()}-${seen.told++}`
    const text = `id: ${id}\nevent: ${stream}\ndata: ${JSON.stringify({ stream, id, data })}\n\n`
    for (const controller of streams) controller.enqueue(encoder.encode(text))
  }

  async function work({ params, correlationId }: SubmitRequest, requestId: string): Promise<void> {
    const about = { requestId, correlationId, action: 'syncSchedule', timestamp: new Date().toISOString() }
    const record = { id: requestId, correlationId, action: 'syncSchedule', timeline: [] }
    for (const status of ['pending', 'processing'] satisfies RequestStatus[]) {
      records.set(requestId, { ...record, status })
      await Bun.sleep(on.stepMs)
      tell('tebra:status', { ...about, status, attempt: 1 })
    }
    if (faults.end === 'never') return
    await Bun.sleep(on.stepMs)
    const date = typeof params.date === 'string' ? params.date : cannedToday
    const end = faults.end
      ? { status: 'dead', error: faults.end }
      : { status: 'success', data: on.schedule(date), ...on.meta }
    records.set(requestId, { ...record, ...end })
    tell('tebra:responses', { ...about, ...end, duration: on.stepMs * 3 })
  }

  function openStream(names: string, email: string): Response {
    const mayRead = sessionOf(email).permissions.includes('patients:read')
    if (names.includes('tebra:responses') && !mayRead) return problem('forbidden')
    if (faults.areStreamsRefused) return new Response('bad gateway', { status: 502 })
    let mine: ReadableStreamDefaultController<Uint8Array> | undefined
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        mine = controller
        streams.add(controller)
        controller.enqueue(encoder.encode('retry: 100\n\nevent: ready\ndata: {"streams":[]}\n\n'))
      },
      cancel() {
        if (mine) streams.delete(mine)
      },
    })
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
  }

  function signIn(email: string): Response {
    const token = crypto.randomUUID()
    sessions.set(token, email)
    const cookie = `__Host-session=${token}; HttpOnly; Secure; SameSite=Strict; Path=/`
    const { session, user } = sessionOf(email)
    const answer = { session, user, newDevice: on.newDevice, otherSessions: 1 }
    return Response.json(answer, { headers: { 'set-cookie': cookie } })
  }

  function sessionOf(email: string) {
    const roles = [on.role ?? users[email]?.role ?? 'front-desk']
    const { idleExpiresAt, emergencyUntil } = on
    const times = { createdAt: cannedNow, idleExpiresAt, absoluteExpiresAt: minutesFromNow(720) }
    return {
      ...(emergencyUntil !== undefined && { emergencyUntil }),
      session: { id: 'a1b2c3d4e5f60718', aal: 'aal1', ...times },
      user: { id: uuid(1), email, practiceId: 'riverside-family-medicine', roles },
      permissions: on.permissions ?? permissionsOf(roles),
    }
  }

  async function login(request: Request): Promise<Response> {
    if (faults.login) return faults.login()
    const { email, password } = (await request.json()) as { email: string; password: string }
    const user = users[email]
    if (user === undefined || password !== stubPassword) return problem('invalid-credentials')
    if (user.hasTotp)
      return problem('mfa-required', { challengeId: email, methods: ['totp', 'recoveryCode'] })
    return signIn(email)
  }

  async function loginMfa(request: Request): Promise<Response> {
    const { challengeId, totp, recoveryCode } = (await request.json()) as Record<string, string>
    const isRight = totp === stubCode || recoveryCode === stubRecoveryCode
    return isRight ? signIn(challengeId ?? '') : problem('invalid-code')
  }

  async function submit(request: Request): Promise<Response> {
    if (faults.submit) return faults.submit()
    const submission = (await request.json()) as SubmitRequest
    seen.submissions.push(submission)
    seen.submitHeaders.push(request.headers)
    const id = uuid(100 + seen.submissions.length)
    void work(submission, id)
    const answer = { id, correlationId: submission.correlationId, status: 'pending' }
    return Response.json(
      { ...answer, links: { self: `/tebra/requests/${id}`, events: '/events' } },
      { status: 202 },
    )
  }

  async function route(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url)
    const token = /__Host-session=([^;]+)/.exec(request.headers.get('cookie') ?? '')?.[1] ?? ''
    const email = sessions.get(token)
    if (pathname.startsWith('/console/')) return consoleFile(request)
    if (pathname === '/auth/login') return login(request)
    if (pathname === '/auth/login/mfa') return loginMfa(request)
    if (email === undefined) return problem('unauthenticated')
    const more = on.routes.get(`${request.method} ${pathname}`)
    if (more) return more(request)
    // The page sets its watch by the service's clock.
    if (pathname === '/auth/session')
      return Response.json(sessionOf(email), { headers: { date: new Date(on.now).toUTCString() } })
    if (pathname === '/auth/mfa') return Response.json(cannedFactors)
    if (pathname === '/auth/logout') {
      sessions.delete(token)
      return new Response(null, { status: 204 })
    }
    if (pathname === '/events') return openStream(new URL(request.url).search, email)
    if (pathname === '/tebra/requests') return submit(request)
    if (pathname.startsWith('/tebra/requests/')) {
      await Bun.sleep(50)
      return Response.json(records.get(pathname.slice('/tebra/requests/'.length)) ?? {})
    }
    if (pathname === '/tebra/status') {
      seen.statusHeaders.push(request.headers)
      return faults.status?.() ?? Response.json(cannedStatus)
    }
    if (pathname === '/tebra/status/samples') return Response.json({ samples: cannedSamples })
    return problem('not-found')
  }

  const server = Bun.serve({
    port: 0,
    idleTimeout: 60,
    development: false,
    fetch(request) {
      seen.urls.push(request.url)
      return route(request)
    },
  })
  const endStreams = (lastWords: string): void => {
    for (const controller of streams) {
      controller.enqueue(encoder.encode(lastWords))
      controller.close()
    }
    streams.clear()
  }

  return {
    url: `http://localhost:${server.port}`,
    faults,
    seen,
    on,
    problem,
    tell,
    dropStreams: () => endStreams(''),
    endStreams,
    endSessions() {
      sessions.clear()
      endStreams('event: bye\ndata: {"code":"session-ended"}\n\n')
    },
    stop: () => server.stop(true),
  }
}
export type StubServices = ReturnType<typeof startStubServices>
