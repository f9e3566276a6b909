import { Component, type ReactNode } from 'react'
import { Notice } from './parts/notice.tsx'

/** Shows a way out in place of an empty page when rendering fails; what failed may hold PHI and is not shown. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { hasFailed: boolean }> {
  override state = { hasFailed: false }

  static getDerivedStateFromError(): { hasFailed: boolean } {
    return { hasFailed: true }
  }

  override render(): ReactNode {
    if (!this.state.hasFailed) return this.props.children
    return (
      <main className="gate">
        <Notice tone="bad" title="This page ran into a fault">
          <p>Nothing you did is lost on the server.</p>
          <button type="button" className="button" onClick={() => location.reload()}>
            Load the page again
          </button>
        </Notice>
      </main>
    )
  }
}
