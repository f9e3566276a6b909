import { useEffect, useState } from 'react'
import type { SessionAnswer } from '#lib/contract/session.ts'
import { maySee, type PageGroup, pages } from './page-table.tsx'
import { routeTo } from './use-route.ts'

const groups: readonly PageGroup[] = ['Clinic', 'Operations', 'Administration', 'You']

export interface NavigationProps {
  readonly session: SessionAnswer
  readonly current: string | undefined
}

/** The pages this session may see: a list at the side, behind a button on a phone. */
export function Navigation({ session, current }: NavigationProps) {
  const [isOpen, setOpen] = useState(false)
  // biome-ignore lint/correctness/useExhaustiveDependencies: whoever has gone somewhere has chosen
  useEffect(() => setOpen(false), [current])
  const name = pages.find(({ path }) => path === current)?.name ?? 'Pages'
  return (
    <nav className="nav" aria-label="Pages">
      <button
        type="button"
        className="button nav-toggle"
        aria-expanded={isOpen}
        aria-controls="nav-groups"
        onClick={() => setOpen(!isOpen)}
      >
        <span className="visually-hidden">Menu, now at </span>
        {name}
        <svg viewBox="0 0 16 16" aria-hidden="true" focusable="false" className="icon">
          <path d={isOpen ? 'm3 10 5-5 5 5' : 'm3 6 5 5 5-5'} />
        </svg>
      </button>
      <div id="nav-groups" className={isOpen ? 'nav-groups nav-open' : 'nav-groups'}>
        {groups.map((group) => {
          const shown = pages.filter((page) => page.group === group && maySee(session, page))
          if (shown.length === 0) return null
          return (
            <div key={group} className="nav-group">
              <p className="nav-heading" id={`nav-${group}`}>
                {group}
              </p>
              <ul aria-labelledby={`nav-${group}`}>
                {shown.map(({ path, name }) => (
                  <li key={path}>
                    <a
                      className="nav-link"
                      href={routeTo(path)}
                      aria-current={path === current ? 'page' : undefined}
                    >
                      {name}
                    </a>
                  </li>
                ))}
              </ul>
            </div>
          )
        })}
      </div>
    </nav>
  )
}
