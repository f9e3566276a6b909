import { StrictMode, useState } from 'react'
import { createRoot } from 'react-dom/client'
import { AuthClient } from '../auth-client.ts'
import { IdleLogoff } from '../idle-logoff.ts'
import { Outbox } from '../outbox.ts'
import { TebraClient } from '../tebra-client.ts'
import { useConnection } from '../use-connection.ts'
import { useIdleLogoff } from '../use-idle-logoff.ts'
import { useOutbox } from '../use-outbox.ts'
import { useRedisEventBus } from '../use-redis-event-bus.ts'
import { useSchedule } from '../use-schedule.ts'
import { useTebraRequest } from '../use-tebra-request.ts'
import { FakeEvents, fakeTebra } from './fake-events.ts'

/** An application that uses every hook, for a test in a real browser; the test moves what is in `globalThis.world`. */
const auth = new AuthClient()
const answer = await auth.session()
if (answer === undefined) throw new Error('the test signs in before it opens the page')
const { session, user } = answer
const events = new FakeEvents()
const dates: (string | undefined)[] = []
const tebra = fakeTebra(events, {
  syncSchedule({ date }) {
    dates.push(date)
    if (date === '2026-11-24') throw new Error('closed on Tuesday')
    return {
      date: date ?? '2026-11-20',
      timeZone: 'America/New_York',
      appointments: [],
      syncedAt: '2026-11-20T15:00:00Z',
    }
  },
  getPatient({ patientId }) {
    throw new Error(`no patient ${patientId}`)
  },
})
const client = new TebraClient({ events, fetch: tebra })
const outbox = new Outbox({ client, auth, owner: user.id })
const idle = new IdleLogoff({ auth, session })
const world = { events, tebra, dates, outbox }
export type HooksWorld = typeof world
Object.assign(globalThis, { world })
events.open()

function Show({ name, value }: { readonly name: string; readonly value: unknown }) {
  return <output id={name}>{JSON.stringify(value)}</output>
}

function Application() {
  const [date, setDate] = useState<string>()
  const [resyncs, setResyncs] = useState(0)
  const day = useSchedule(client, { events, date, cache: 'prefer' })
  const patient = useTebraRequest(client, 'getPatient')
  const own = useRedisEventBus(['tebra:status'], {
    sessionId: session.id,
    onResync: () => setResyncs((count) => count + 1),
  })
  const given = useRedisEventBus(['tebra:responses'], { events, countMax: 2 })
  const { state: idleness, stay } = useIdleLogoff(idle)
  const failed = patient.state.kind === 'failed' ? patient.state.error.message : patient.state.kind
  return (
    <>
      <Show name="connection" value={useConnection(events).kind} />
      <Show name="own" value={[own.state.kind, own.events.map(({ id }) => id), resyncs]} />
      <Show name="given" value={given.events.map(({ stream }) => stream)} />
      <Show name="day" value={[day.schedule?.date, day.request.kind]} />
      <Show name="patient" value={failed} />
      <Show name="idle" value={idleness.kind} />
      <Show name="outbox" value={useOutbox(outbox).length} />
      <button type="button" onClick={() => void patient.send({ patientId: '7' })}>
        Patient
      </button>
      <button type="button" onClick={() => setDate('2026-11-23')}>
        Monday
      </button>
      <button type="button" onClick={() => setDate('2026-11-24')}>
        Tuesday
      </button>
      <button type="button" onClick={day.refresh}>
        Refresh
      </button>
      <button type="button" onClick={stay}>
        Stay
      </button>
    </>
  )
}

const root = document.createElement('main')
document.body.append(root)
createRoot(root).render(
  <StrictMode>
    <Application />
  </StrictMode>,
)
