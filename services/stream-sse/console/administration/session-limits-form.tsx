import { useState } from 'react'
import type { SessionList } from '#lib/contract/session.ts'
import { Field } from '../parts/field.tsx'
import { FormEnd } from '../parts/form-end.tsx'
import { Notice } from '../parts/notice.tsx'
import { Panel } from '../parts/panel.tsx'
import { readForm } from '../parts/read-form.ts'
import { useService } from '../parts/service.tsx'
import { useDeed } from '../parts/use-deed.ts'

const minuteMs = 60_000

export interface SessionLimitsFormProps {
  readonly limits: SessionList['limits']
  readonly onDone: () => Promise<void>
}

/** The practice's two time-outs, in minutes; an empty field gives one back to the service. */
export function SessionLimitsForm({ limits, onDone }: SessionLimitsFormProps) {
  const { ask } = useService()
  const deed = useDeed()
  const [isDone, setDone] = useState(false)
  const save = async (body: object): Promise<void> => {
    const isSaved = await deed.run(async () => {
      await ask('/auth/practice/session-limits', { method: 'PATCH', body })
      await onDone()
    })
    setDone(isSaved)
  }
  const minutes = (name: 'idleMs' | 'absoluteMs', label: string, minutesMin: number, hint: string) => (
    <Field
      key={limits[name]}
      label={label}
      name={name}
      type="number"
      inputMode="numeric"
      min={minutesMin}
      step={1}
      defaultValue={limits[name] / minuteMs}
      hint={hint}
      // The service speaks of milliseconds.
      error={deed.fieldErrors[name] && 'Longer than the service allows, or too short to work with.'}
    />
  )
  return (
    <Panel title="Session time-outs" text="A practice may only shorten what the service allows.">
      <form
        method="post"
        className="form panel-body"
        onChange={() => setDone(false)}
        onSubmit={(event) => {
          const text = readForm(event)
          const asked = (name: string) => (text(name) === '' ? null : Number(text(name)) * minuteMs)
          void save({ idleMs: asked('idleMs'), absoluteMs: asked('absoluteMs') })
        }}
      >
        {isDone && <Notice tone="info" title="The time-outs are set" isAnnounced />}
        <div className="fields">
          {minutes(
            'idleMs',
            'Minutes without activity',
            1,
            'After that a session ends. Empty: as the service has it.',
          )}
          {minutes(
            'absoluteMs',
            'Minutes in all',
            5,
            'Then everybody signs in again. Empty: as the service has it.',
          )}
        </div>
        <FormEnd deed={deed} fields={['idleMs', 'absoluteMs']} verb="Set the time-outs" busyVerb="Setting…" />
      </form>
    </Panel>
  )
}
