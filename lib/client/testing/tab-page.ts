import { AuthClient } from '../auth-client.ts'
import { createEvents } from '../create-events.ts'
import { IdleLogoff } from '../idle-logoff.ts'
import { TebraClient } from '../tebra-client.ts'

/** The script of a page in tests with a real browser: it listens as the session it finds, and shows what it heard. */
export interface TabPage {
  readonly heard: string[]
  readonly gaps: string[]
  state(): string
  idle(): string
  providers(): Promise<unknown>
}

const auth = new AuthClient()
const answer = await auth.session()
const events = createEvents({
  streams: ['tebra:status', 'tebra:responses'],
  sessionId: answer?.session.id ?? '',
  backOff: { baseMs: 20, capMs: 200 },
})
const idle = answer && new IdleLogoff({ auth, session: answer.session, events })
const client = new TebraClient({ events })
const page: TabPage = {
  heard: [],
  gaps: [],
  state: () => {
    const { state } = events
    return state.kind === 'ended'
      ? state.reason
      : state.kind === 'open' && state.isReady
        ? 'ready'
        : state.kind
  },
  idle: () => idle?.state.kind ?? 'none',
  providers: () => client.call('getProviders', {}),
}
events.onEvent(({ id }) => page.heard.push(id))
events.onResync((reason) => page.gaps.push(reason))
events.open()
idle?.start()
Object.assign(globalThis, { page })
