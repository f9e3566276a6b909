import { useState } from 'react'
import type { AuditVerification } from '#lib/contract/audit.ts'
import { Button } from '../parts/button.tsx'
import { DeedError } from '../parts/deed-error.tsx'
import { Moment } from '../parts/moment.tsx'
import { Notice } from '../parts/notice.tsx'
import { Panel } from '../parts/panel.tsx'
import { useService } from '../parts/service.tsx'
import { useDeed } from '../parts/use-deed.ts'

type Finding = Extract<AuditVerification, { intact: false }>['finding']

const findings: Readonly<Record<Finding, string>> = {
  gap: 'An entry is not there, or was moved.',
  altered: 'An entry is not as it was written.',
  truncated: 'The log ends before an entry that it had.',
  'rolled-back': 'It is sound in itself, but not the log that the checkpoint saw.',
  trimmed: 'Old entries are gone that no checkpoint covers.',
  'checkpoint-missing': 'A checkpoint is not there.',
  'checkpoint-forged': 'A checkpoint was not signed by us.',
}

/** Whether the log is as it was written. */
export function VerifyPanel() {
  const { ask } = useService()
  const deed = useDeed()
  const [result, setResult] = useState<AuditVerification>()
  const verify = async () => setResult(await ask<AuditVerification>('/auth/audit/verify'))
  return (
    <Panel
      title="Verify"
      text="Holds every entry against the chain and its newest checkpoint."
      actions={
        <Button isBusy={deed.isBusy} onClick={() => void deed.run(verify)}>
          {deed.isBusy ? 'Verifying…' : 'Verify the log'}
        </Button>
      }
    >
      <DeedError deed={deed} />
      {result && <Result of={result} />}
    </Panel>
  )
}

function Result({ of }: { readonly of: AuditVerification }) {
  if (!of.intact)
    return (
      <Notice tone="bad" title={`The log is broken at entry ${of.seq}`} isAnnounced>
        <p>
          {findings[of.finding]} <code>{of.finding}</code>
        </p>
      </Notice>
    )
  return (
    <Notice tone="info" title={`Intact: ${of.entries} entries are as they were written`} isAnnounced>
      <p>
        {of.checkpoint ? (
          <>
            Held against checkpoint {of.checkpoint.number} of <Moment at={of.checkpoint.recordedAt} />.
          </>
        ) : (
          'There is no checkpoint to hold it against yet.'
        )}
        {of.trimmed !== undefined && ` ${of.trimmed} of them are in the archive only.`}
      </p>
    </Notice>
  )
}
