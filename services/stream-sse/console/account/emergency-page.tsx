import type { SubmitEvent } from 'react'
import type { SessionAnswer } from '#lib/contract/session.ts'
import { TextField } from '../parts/field.tsx'
import { FormEnd } from '../parts/form-end.tsx'
import { Notice } from '../parts/notice.tsx'
import { PageTitle } from '../parts/page-title.tsx'
import { Panel } from '../parts/panel.tsx'
import { readForm } from '../parts/read-form.ts'
import { useService } from '../parts/service.tsx'
import { useDeed } from '../parts/use-deed.ts'

/** Breaking the glass: for a short time, what the patient at hand needs. */
export function EmergencyPage({ session }: { readonly session: SessionAnswer }) {
  const { ask, renewed } = useService()
  const deed = useDeed()

  async function begin(event: SubmitEvent<HTMLFormElement>): Promise<void> {
    const reason = readForm(event)('reason')
    await deed.run(() => ask('/auth/emergency-access', { method: 'POST', body: { reason } }).then(renewed))
  }
  return (
    <>
      <PageTitle title="Emergency access" text="When a patient cannot wait and your role does not suffice." />
      {session.emergencyUntil !== undefined ? (
        <Notice tone="warn" title="It is on">
          <p>You may see patients and change appointments now. End it above as soon as you can.</p>
        </Notice>
      ) : (
        <Panel title="Before you begin">
          <form method="post" className="form panel-body" onSubmit={(event) => void begin(event)}>
            <ul className="plain-list">
              <li>It lasts a short time and ends by itself.</li>
              <li>You prove with a second factor that it is you.</li>
              <li>Everything you open is recorded, and those who review it are told at once.</li>
            </ul>
            <TextField
              label="Why it cannot wait"
              name="reason"
              maxLength={500}
              isRequired
              hint="At least ten characters. It is kept encrypted for review."
              error={deed.fieldErrors.reason}
            />
            <FormEnd
              deed={deed}
              fields={['reason']}
              kind="danger"
              verb="Begin emergency access"
              busyVerb="Beginning…"
            />
          </form>
        </Panel>
      )}
    </>
  )
}
