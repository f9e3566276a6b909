import type { TebraStatus } from '#lib/contract/health.ts'
import { Button } from '../parts/button.tsx'
import { ageText } from '../parts/clinic-time.ts'
import { DeedError } from '../parts/deed-error.tsx'
import { useService } from '../parts/service.tsx'
import { useDeed } from '../parts/use-deed.ts'
import { HealthGroup } from './health-group.tsx'

export interface AccountGroupProps {
  readonly status: TebraStatus
  readonly practiceId: string
  readonly now: number
  readonly mayAct: boolean
  onChanged(): Promise<void>
}

/** Whether Tebra still takes the practice's credentials. */
export function AccountGroup(props: AccountGroupProps) {
  const { practiceId, now, mayAct, onChanged } = props
  const { account, upstream } = props.status
  const { ask } = useService()
  const deed = useDeed()
  const way = upstream === 'soap' ? 'SOAP' : 'the PHP API'
  if (!account.stopped)
    return (
      <HealthGroup title="Tebra account" tone="good" state="Accepted">
        <p className="muted">Called by {way} with the practice’s own account.</p>
      </HealthGroup>
    )
  const resume = async () => {
    await ask(`/tebra/accounts/${practiceId}/resume`, { method: 'POST', body: {} })
    await onChanged()
  }
  return (
    <HealthGroup title="Tebra account" tone="bad" state="Stopped">
      <p className="muted">
        Tebra refused the credentials
        {account.since !== undefined && ` ${ageText(now - Date.parse(account.since))}`}. Requests wait and
        burn no attempt.
        {account.triedAt !== undefined && ` Last tried ${ageText(now - Date.parse(account.triedAt))}.`}
      </p>
      {mayAct && (
        <Button isBusy={deed.isBusy} onClick={() => void deed.run(resume)}>
          {deed.isBusy ? 'Resuming…' : 'The account is right again'}
        </Button>
      )}
      <DeedError deed={deed} />
    </HealthGroup>
  )
}
