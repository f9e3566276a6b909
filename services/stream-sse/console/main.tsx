import { createRoot } from 'react-dom/client'
import { AuthClient } from '#lib/client/auth-client.ts'
import { App } from './app.tsx'
import { ErrorBoundary } from './error-boundary.tsx'

const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no #root')
createRoot(root).render(
  <ErrorBoundary>
    <App auth={new AuthClient()} />
  </ErrorBoundary>,
)
