import type { ReactNode } from 'react'
import { Button } from './button.tsx'
import { ageText } from './clinic-time.ts'
import { failureText } from './failure-text.ts'
import { Notice } from './notice.tsx'

export interface LoadedProps<T> {
  /** A reading, or the pages of a list. */
  readonly of: {
    readonly error: unknown
    readonly isBusy: boolean
    readonly readAt?: number
    reload(): Promise<void>
  }
  readonly data: T | undefined
  readonly children: (data: T) => ReactNode
}

/** What was loaded, its outline while it is on its way, and a failure as such: with what was known before, or alone. */
export function Loaded<T>({ of, data, children }: LoadedProps<T>) {
  return (
    <>
      {of.error !== undefined && <LoadFailure of={of} isStale={data !== undefined} />}
      {data !== undefined
        ? children(data)
        : of.error === undefined && (
            <div className="bones" role="status">
              <span className="visually-hidden">Loading…</span>
              <span className="bone bone-wide" />
              <span className="bone bone-name" />
              <span className="bone bone-wide" />
            </div>
          )}
    </>
  )
}

function LoadFailure({
  of,
  isStale,
}: {
  readonly of: LoadedProps<unknown>['of']
  readonly isStale: boolean
}) {
  const { text, code } = failureText(of.error)
  const age = of.readAt ? `: this is from ${ageText(Date.now() - of.readAt)}` : ''
  return (
    <Notice tone={isStale ? 'warn' : 'bad'} title={isStale ? `Not up to date${age}` : 'Could not be loaded'}>
      <p>
        {text} <code>{code}</code>
      </p>
      <Button isBusy={of.isBusy} onClick={() => void of.reload()}>
        Try again
      </Button>
    </Notice>
  )
}
