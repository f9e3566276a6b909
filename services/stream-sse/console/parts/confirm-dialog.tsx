import type { ReactNode } from 'react'
import { Button } from './button.tsx'
import { DeedError } from './deed-error.tsx'
import { Dialog } from './dialog.tsx'
import { useDeed } from './use-deed.ts'

export interface ConfirmDialogProps {
  readonly title: string
  /** The word on the button that does it. */
  readonly verb: string
  readonly isDanger?: boolean
  readonly onConfirm: () => Promise<unknown>
  readonly onClose: () => void
  /** What will follow. */
  readonly children: ReactNode
}

/** Asks before something that cannot be taken back, and stays while it is under way. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const { title, verb, isDanger = true, onConfirm, onClose, children } = props
  const deed = useDeed()
  return (
    <Dialog title={title} onClose={onClose} isAlert>
      {children}
      <DeedError deed={deed} />
      <div className="actions">
        <Button
          kind={isDanger ? 'danger' : 'primary'}
          isBusy={deed.isBusy}
          onClick={() => void deed.run(onConfirm).then((isDone) => isDone && onClose())}
        >
          {verb}
        </Button>
        <Button onClick={onClose}>Cancel</Button>
      </div>
    </Dialog>
  )
}
