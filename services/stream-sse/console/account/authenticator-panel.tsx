import { type SubmitEvent, useState } from 'react'
import type { SecondFactors } from '#lib/contract/second-factors.ts'
import { Badge } from '../parts/badge.tsx'
import { Button } from '../parts/button.tsx'
import { ConfirmDialog } from '../parts/confirm-dialog.tsx'
import { DeedError } from '../parts/deed-error.tsx'
import { Field } from '../parts/field.tsx'
import { FormEnd } from '../parts/form-end.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { Panel } from '../parts/panel.tsx'
import { readForm } from '../parts/read-form.ts'
import { useService } from '../parts/service.tsx'
import { useDeed } from '../parts/use-deed.ts'
import type { Reading } from '../parts/use-reading.ts'
import { NewRecoveryCodes } from './new-recovery-codes.tsx'
import { QrCode } from './qr-code.tsx'

interface Enrolment {
  readonly secret: string
  readonly otpauthUri: string
}

/** The authenticator app: set up with its first code, replaced, or removed. */
export function AuthenticatorPanel({ factors }: { readonly factors: Reading<SecondFactors> }) {
  const { ask } = useService()
  const deed = useDeed()
  const [enrolment, setEnrolment] = useState<Enrolment>()
  const [codes, setCodes] = useState<readonly string[]>()
  const [isRemoving, setRemoving] = useState(false)
  const begin = async () => setEnrolment(await ask<Enrolment>('/auth/mfa/totp', { method: 'POST', body: {} }))
  const remove = () => ask('/auth/mfa/totp', { method: 'DELETE' }).then(factors.reload)
  return (
    <Panel title="Authenticator app" text="Six digits of an app on your phone, anew every half minute.">
      <Loaded of={factors} data={factors.data}>
        {({ totp }) => (
          <div className="panel-body">
            <p>
              <Badge tone={totp === 'enrolled' ? 'good' : totp === 'disabled' ? 'bad' : 'off'}>
                {totp === 'enrolled' ? 'Set up' : totp === 'disabled' ? 'Disabled' : 'Not set up'}
              </Badge>
              {totp === 'disabled' &&
                ' There were too many wrong codes. An administrator can reset your second factors.'}
            </p>
            {enrolment === undefined && totp !== 'disabled' && (
              <div className="actions">
                <Button isBusy={deed.isBusy} onClick={() => void deed.run(begin)}>
                  {totp === 'enrolled' ? 'Replace the app…' : 'Set up an app…'}
                </Button>
                {totp === 'enrolled' && <Button onClick={() => setRemoving(true)}>Remove…</Button>}
              </div>
            )}
            <DeedError deed={deed} />
          </div>
        )}
      </Loaded>
      {enrolment && (
        <EnrolForm
          enrolment={enrolment}
          onCancel={() => setEnrolment(undefined)}
          onDone={(given) => {
            setEnrolment(undefined)
            setCodes(given)
            void factors.reload()
          }}
        />
      )}
      {codes && <NewRecoveryCodes codes={codes} onClose={() => setCodes(undefined)} />}
      {isRemoving && (
        <ConfirmDialog
          title="Remove the authenticator app?"
          verb="Remove it"
          onConfirm={remove}
          onClose={() => setRemoving(false)}
        >
          <p>Its codes prove nothing from then on.</p>
        </ConfirmDialog>
      )}
    </Panel>
  )
}

interface EnrolFormProps {
  readonly enrolment: Enrolment
  readonly onDone: (recoveryCodes: readonly string[]) => void
  readonly onCancel: () => void
}

function EnrolForm({ enrolment, onDone, onCancel }: EnrolFormProps) {
  const { ask, renewed } = useService()
  const deed = useDeed()

  async function verify(event: SubmitEvent<HTMLFormElement>): Promise<void> {
    const totp = readForm(event)('totp').replace(/\s/g, '')
    let given: readonly string[] = []
    const isDone = await deed.run(async () => {
      const call = { method: 'POST', body: { totp } } as const
      const answer = await ask<{ recoveryCodes: string[] }>('/auth/mfa/totp/verify', call)
      given = answer.recoveryCodes
      await renewed()
    })
    if (isDone) onDone(given)
  }
  return (
    <form method="post" className="form panel-body enrol" onSubmit={(event) => void verify(event)}>
      <QrCode text={enrolment.otpauthUri} name="Code to scan with the authenticator app" />
      <div className="form">
        <p>
          Scan this with the app, or <a href={enrolment.otpauthUri}>open it in an app of this device</a>. If
          neither works, type the key:{' '}
          <code className="secret">{enrolment.secret.replace(/(.{4})/g, '$1 ')}</code>
        </p>
        <Field
          label="The code the app shows now"
          name="totp"
          className="code-input"
          inputMode="numeric"
          autoComplete="one-time-code"
          required
          autoFocus
          maxLength={7}
          error={deed.fieldErrors.totp}
        />
        <FormEnd
          deed={deed}
          fields={['totp']}
          kind="primary"
          verb="Finish"
          busyVerb="Checking…"
          onCancel={onCancel}
        />
      </div>
    </form>
  )
}
