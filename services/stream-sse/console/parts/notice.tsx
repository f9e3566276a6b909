import type { ReactNode } from 'react'

export interface NoticeProps {
  readonly tone: 'info' | 'warn' | 'bad'
  readonly title: string
  /** Whether a screen reader says it at once; for what happened just now, not for what has been so all along. */
  readonly isAnnounced?: boolean
  readonly children?: ReactNode
}

/** A message with its weight: an edge in colour and a title that says the same in words. */
export function Notice({ tone, title, isAnnounced = false, children }: NoticeProps) {
  return (
    <div className={`notice notice-${tone}`} role={isAnnounced ? 'alert' : undefined}>
      <p className="notice-title">{title}</p>
      {children}
    </div>
  )
}
