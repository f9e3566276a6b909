import { check } from 'k6'
import http, { type RefinedResponse } from 'k6/http'
import { Trend } from 'k6/metrics'
import sse, { type SseClient, type SseEvent } from 'k6/x/sse'
import { baseUrl, type LoadUser, sameClock, targetHeaders } from './settings.ts'

/** From the server's timestamp of the response to its arrival; says something only on one clock. */
const eventDelivery = new Trend('event_delivery', true)
const submitToResponse = new Trend('submit_to_response', true)
const logoutToEnd = new Trend('logout_to_end', true)

/** A stream blocks the virtual user, so that nothing but its own timeout ends a wait for what never comes. */
const patienceMs = 30_000

/** Reads in turn, each of another upstream operation: the vendor's limits are counted by operation (see steady.ts). */
const actions = [
  'testConnection',
  'getProviders',
  'getServiceLocations',
  'getAppointmentReasons',
  'syncSchedule',
] as const

export const actionOf = (turn: number): string => actions[turn % actions.length] ?? 'testConnection'

interface Envelope {
  readonly data: { readonly requestId: string; readonly status: string; readonly timestamp: string }
}

const jsonHeaders = (token?: string) => ({
  ...targetHeaders,
  'Content-Type': 'application/json',
  ...(token !== undefined && { Authorization: `Bearer ${token}` }),
})

function post(path: string, endpoint: string, body: unknown, token?: string): RefinedResponse<'text'> {
  const params = {
    headers: jsonHeaders(token),
    tags: { endpoint, name: `POST ${path}` },
    responseType: 'text',
  } as const
  return http.post(`${baseUrl}${path}`, body === undefined ? null : JSON.stringify(body), params)
}

const field = (answer: RefinedResponse<'text'>, name: string): string | undefined => {
  const value = answer.status < 300 ? answer.json(name) : undefined
  return typeof value === 'string' ? value : undefined
}

/**
 * One person's way: sign in, listen, submit, receive the response as an event, sign out. Signing out ends the stream
 * from the server's side, which is what lets the virtual user go on.
 */
export function journey(user: LoadUser, action: string): void {
  const login = post('/auth/login', 'login', {
    email: user.email,
    password: user.password,
    delivery: 'bearer',
  })
  const token = field(login, 'token')
  if (!check(login, { 'signed in': () => token !== undefined }) || token === undefined) return

  const seen = listen(token, action)
  check(seen, {
    'stream opened': ({ status }) => status === 200,
    'stream unbroken': ({ error }) => error === '',
    'submit accepted': ({ requestId }) => requestId !== undefined,
    'response received': ({ outcome }) => outcome !== undefined,
    'response is a success': ({ outcome }) => outcome === 'success',
    'signed out': ({ signedOut }) => signedOut,
    'stream ended with the session': ({ bye }) => bye === 'session-ended',
  })
}

interface Seen {
  status: number
  error: string
  requestId?: string
  outcome?: string
  bye?: string
  signedOut: boolean
}

function listen(token: string, action: string): Seen {
  const seen: Seen = { status: 0, error: '', signedOut: false }
  let submittedAt = 0
  let signedOutAt = 0

  const submit = () => {
    submittedAt = Date.now()
    const id = field(post('/tebra/requests', 'submit', { action, params: {} }, token), 'id')
    if (id === undefined) signOut()
    else seen.requestId = id
  }
  const signOut = () => {
    if (signedOutAt > 0) return
    signedOutAt = Date.now()
    seen.signedOut = post('/auth/logout', 'logout', undefined, token).status === 204
  }
  const receive = (event: SseEvent) => {
    const { data } = JSON.parse(event.data) as Envelope
    if (data.requestId !== seen.requestId) return
    const now = Date.now()
    if (sameClock) eventDelivery.add(now - Date.parse(data.timestamp), { action })
    submitToResponse.add(now - submittedAt, { action })
    seen.outcome = data.status
    signOut()
  }
  const setUp = (client: SseClient) => {
    client.on('event', (event) => {
      if (event.name === 'ready') submit()
      else if (event.name === 'tebra:responses') receive(event)
      else if (event.name === 'bye') seen.bye = String(JSON.parse(event.data).code)
    })
  }

  const headers = { ...targetHeaders, Authorization: `Bearer ${token}` }
  const tags = { endpoint: 'events', name: 'GET /events' }
  const params = { headers, tags, timeout: patienceMs }
  const answer = sse.open(`${baseUrl}/events?streams=tebra:responses`, params, setUp)
  seen.status = answer.status
  seen.error = answer.error
  if (signedOutAt > 0) logoutToEnd.add(Date.now() - signedOutAt)
  else signOut()
  return seen
}
