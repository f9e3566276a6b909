import { useState } from 'react'
import type { SecondFactors } from '#lib/contract/second-factors.ts'
import { Button } from '../parts/button.tsx'
import { DeedError } from '../parts/deed-error.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { Panel } from '../parts/panel.tsx'
import { useService } from '../parts/service.tsx'
import { useDeed } from '../parts/use-deed.ts'
import type { Reading } from '../parts/use-reading.ts'
import { NewRecoveryCodes } from './new-recovery-codes.tsx'

/** Fewer than these are worth a word. */
const few = 3

/** How many recovery codes are left, and new ones in their place. */
export function RecoveryPanel({ factors }: { readonly factors: Reading<SecondFactors> }) {
  const { ask } = useService()
  const deed = useDeed()
  const [codes, setCodes] = useState<readonly string[]>()
  const renew = async () => {
    const call = { method: 'POST', body: {} } as const
    const answer = await ask<{ recoveryCodes: string[] }>('/auth/mfa/recovery-codes', call)
    setCodes(answer.recoveryCodes)
    await factors.reload()
  }
  return (
    <Panel title="Recovery codes" text="For the day the phone or the passkey is lost. Each works once.">
      <Loaded of={factors} data={factors.data}>
        {({ totp, passkeys, recoveryCodesLeft: left }) =>
          totp === 'none' && passkeys.length === 0 ? (
            <p className="panel-empty">They come with your first second factor.</p>
          ) : (
            <div className="panel-body">
              <p>
                <strong>{left}</strong> left.
                {left < few && ' Make new ones before they run out.'}
              </p>
              <div className="actions">
                <Button isBusy={deed.isBusy} onClick={() => void deed.run(renew)}>
                  Make new ones
                </Button>
              </div>
              <DeedError deed={deed} />
            </div>
          )
        }
      </Loaded>
      {codes && <NewRecoveryCodes codes={codes} onClose={() => setCodes(undefined)} />}
    </Panel>
  )
}
