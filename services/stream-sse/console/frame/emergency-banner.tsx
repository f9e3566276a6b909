import { durationLeft } from '../parts/clinic-time.ts'
import { DeedError } from '../parts/deed-error.tsx'
import { useService } from '../parts/service.tsx'
import { useDeed } from '../parts/use-deed.ts'
import { useNow } from '../parts/use-now.ts'

/** Stands over every page while emergency access widens what the session may do. */
export function EmergencyBanner({ until }: { readonly until: string }) {
  const { ask, renewed } = useService()
  const now = useNow(1000)
  const deed = useDeed()
  const end = () => deed.run(() => ask('/auth/emergency-access', { method: 'DELETE' }).then(renewed))
  return (
    <section className="banner banner-emergency" aria-label="Emergency access">
      <p>
        <strong>Emergency access is on</strong> for another {durationLeft(Date.parse(until) - now)}.
        Everything you open is recorded and will be reviewed.
      </p>
      <button
        type="button"
        className="button button-small"
        aria-disabled={deed.isBusy}
        onClick={() => void end()}
      >
        {deed.isBusy ? 'Ending…' : 'End it now'}
      </button>
      <DeedError deed={deed} />
    </section>
  )
}
