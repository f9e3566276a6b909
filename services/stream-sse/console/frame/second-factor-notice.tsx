import type { SecondFactors } from '#lib/contract/second-factors.ts'
import type { SessionAnswer } from '#lib/contract/session.ts'
import { Notice } from '../parts/notice.tsx'
import { useReading } from '../parts/use-reading.ts'
import { routeTo } from './use-route.ts'

/** Tells a session of one factor that a role of its user grants nothing before a second one is proved. */
export function SecondFactorNotice({ session }: { readonly session: SessionAnswer }) {
  const isWeak = session.session.aal === 'aal1'
  const { data } = useReading<SecondFactors>(isWeak ? '/auth/mfa' : undefined)
  if (!isWeak || data?.required !== true) return null
  return (
    <Notice tone="warn" title="Set up a second factor">
      <p>Your role shows its pages only to those who sign in with a second factor.</p>
      <a className="button button-small" href={routeTo('account')}>
        Set it up
      </a>
    </Notice>
  )
}
