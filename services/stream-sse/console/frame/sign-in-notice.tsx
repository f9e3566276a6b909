import type { ReactNode } from 'react'
import { Button } from '../parts/button.tsx'
import { Notice, type NoticeProps } from '../parts/notice.tsx'
import { routeTo } from './use-route.ts'

export interface SignInNoticeProps extends Pick<NoticeProps, 'tone' | 'title'> {
  readonly onKnown: () => void
  readonly children: ReactNode
}

/** Tells of a sign-in that the person should know of, and lets them say that it was theirs. */
export function SignInNotice({ tone, title, onKnown, children }: SignInNoticeProps) {
  return (
    <Notice tone={tone} title={title} isAnnounced>
      <p>{children}</p>
      <div className="actions">
        <a className="button button-small" href={routeTo('account')}>
          See where you are signed in
        </a>
        <Button kind="quiet" onClick={onKnown}>
          It was me
        </Button>
      </div>
    </Notice>
  )
}
