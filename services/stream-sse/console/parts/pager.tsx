import { Button } from './button.tsx'
import type { Pages } from './use-pages.ts'

export interface PagerProps {
  readonly pages: Pages<unknown>
  readonly none: string
  readonly moreText?: string
}

/** How much of a list is shown, and the way to what comes after. */
export function Pager({ pages, none, moreText = 'Show more' }: PagerProps) {
  const count = pages.items?.length ?? 0
  return (
    <div className="pager">
      <p className="muted" role="status">
        {count === 0 ? none : `${count} shown${pages.hasMore ? '' : ', that is all'}`}
      </p>
      {pages.hasMore && (
        <Button isBusy={pages.isBusy} onClick={() => void pages.more()}>
          {pages.isBusy ? 'Loading…' : moreText}
        </Button>
      )}
    </div>
  )
}
