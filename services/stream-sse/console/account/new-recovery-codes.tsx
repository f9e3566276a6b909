import { Button } from '../parts/button.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { SecretList } from '../parts/secret-list.tsx'

export interface NewRecoveryCodesProps {
  readonly codes: readonly string[]
  readonly onClose: () => void
}

/** Recovery codes, shown this once. */
export function NewRecoveryCodes({ codes, onClose }: NewRecoveryCodesProps) {
  return (
    <Dialog title="Keep these recovery codes" onClose={onClose}>
      <p>
        If you lose your phone or passkey, each of them signs you in once. They are shown only now; keep them
        on paper or in a password manager.
      </p>
      <SecretList name="Recovery codes" secrets={codes} />
      <div className="actions">
        <Button kind="primary" onClick={onClose}>
          I have kept them
        </Button>
      </div>
    </Dialog>
  )
}
