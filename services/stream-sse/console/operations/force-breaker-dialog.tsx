import type { SubmitEvent } from 'react'
import { Dialog } from '../parts/dialog.tsx'
import { Field } from '../parts/field.tsx'
import { FormEnd } from '../parts/form-end.tsx'
import { readForm } from '../parts/read-form.ts'
import { useService } from '../parts/service.tsx'
import { useDeed } from '../parts/use-deed.ts'

export type ForcedState = 'open' | 'closed' | 'automatic'

const words: Readonly<Record<ForcedState, readonly [title: string, text: string, verb: string]>> = {
  open: [
    'Hold the breaker open',
    'No worker calls Tebra until you let go. Requests are still taken and wait.',
    'Hold open',
  ],
  closed: [
    'Hold the breaker closed',
    'Every worker calls Tebra even while calls fail. Use it for a false alarm only.',
    'Hold closed',
  ],
  automatic: ['Let the breaker decide', 'The calls to Tebra decide again, beginning with a probe.', 'Let go'],
}

export interface ForceBreakerDialogProps {
  readonly state: ForcedState
  readonly onClose: () => void
  readonly onChanged: () => Promise<void>
}

/** Asks why the breaker is to be held; the reason stands in the audit log of every practice it concerns. */
export function ForceBreakerDialog({ state, onClose, onChanged }: ForceBreakerDialogProps) {
  const { ask } = useService()
  const deed = useDeed()
  const [title, text, verb] = words[state]

  async function force(event: SubmitEvent<HTMLFormElement>): Promise<void> {
    const reason = readForm(event)('reason')
    const isDone = await deed.run(async () => {
      await ask('/tebra/breaker', { method: 'POST', body: { state, reason } })
      await onChanged()
    })
    if (isDone) onClose()
  }
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{text}</p>
      <form method="post" className="form" onSubmit={(event) => void force(event)}>
        <Field
          label="Reason"
          name="reason"
          required
          maxLength={500}
          autoFocus
          autoComplete="off"
          error={deed.fieldErrors.reason}
        />
        <FormEnd
          deed={deed}
          fields={['reason']}
          kind="primary"
          verb={verb}
          busyVerb={`${verb}…`}
          onCancel={onClose}
        />
      </form>
    </Dialog>
  )
}
