import { useState } from 'react'
import type { RequeueManyAnswer } from '#lib/contract/dead-letters.ts'
import { Button } from '../parts/button.tsx'
import { DeedError } from '../parts/deed-error.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { useService } from '../parts/service.tsx'
import { useDeed } from '../parts/use-deed.ts'
import type { RequestFilterValue } from './request-filter.tsx'

export interface RequeueManyDialogProps {
  readonly filter: RequestFilterValue
  readonly onClose: () => void
  readonly onDone: () => Promise<void>
}

const limit = 100

/** Another round for what the filter matches, some at a time, with an account of what was left out and why. */
export function RequeueManyDialog({ filter, onClose, onDone }: RequeueManyDialogProps) {
  const { ask } = useService()
  const deed = useDeed()
  const [answer, setAnswer] = useState<RequeueManyAnswer>()
  const { reason, action, from, to } = filter
  const narrowed = { reason, action, from, to }
  const names = Object.entries(narrowed).filter(([, value]) => value !== undefined)

  const requeue = async () => {
    const body = { filter: narrowed, limit, cursor: answer?.cursor }
    setAnswer(await ask<RequeueManyAnswer>('/tebra/dead-letters/requeue', { method: 'POST', body }))
    await onDone()
  }
  return (
    <Dialog title="Requeue many" onClose={onClose}>
      <p>
        {names.length === 0
          ? 'No filter is set but, at most, a status: all dead letters'
          : `Dead letters with ${names.map(([name, value]) => `${name} ${value}`).join(', ')}`}{' '}
        go back into the queue as they were, the oldest first, at most {limit} at a time. Writes that may have
        been done already are left out: each needs a person’s word.
      </p>
      {answer && <Outcome answer={answer} />}
      <DeedError deed={deed} />
      <div className="actions">
        {(answer === undefined || answer.cursor !== undefined) && (
          <Button kind="primary" isBusy={deed.isBusy} onClick={() => void deed.run(requeue)}>
            {deed.isBusy ? 'Requeueing…' : answer ? `The next ${limit}` : 'Requeue'}
          </Button>
        )}
        <Button onClick={onClose}>{answer ? 'Close' : 'Cancel'}</Button>
      </div>
    </Dialog>
  )
}

function Outcome({ answer }: { readonly answer: RequeueManyAnswer }) {
  const { confirmRequired, changed, queueFull } = answer.skippedFor
  const reasons = [
    confirmRequired > 0 && `${confirmRequired} must be confirmed one by one`,
    changed > 0 && `${changed} were dealt with by somebody else`,
    queueFull > 0 && `${queueFull} did not fit into the queue`,
  ].filter(Boolean)
  return (
    <p role="status">
      <strong>{answer.requeued} requeued</strong>
      {reasons.length > 0 && `; left out: ${reasons.join(', ')}`}.
    </p>
  )
}
