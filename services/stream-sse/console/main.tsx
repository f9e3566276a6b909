import { createRoot } from 'react-dom/client'
import { AuthClient } from '#lib/client/auth-client.ts'
import { App } from './app.tsx'
import { ErrorBoundary } from './error-boundary.tsx'
import { leadToRefusedLink } from './sign-in/provider-return.ts'

const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no #root')
leadToRefusedLink()
createRoot(root).render(
  <ErrorBoundary>
    <App auth={new AuthClient()} />
  </ErrorBoundary>,
)
