import { Button } from '../parts/button.tsx'
import { DeedError } from '../parts/deed-error.tsx'
import { inWords } from '../parts/names.ts'
import { Panel } from '../parts/panel.tsx'
import { useService } from '../parts/service.tsx'
import { useDeed } from '../parts/use-deed.ts'
import { useReading } from '../parts/use-reading.ts'

interface Practices {
  readonly practices: readonly { readonly practiceId: string; readonly current: boolean }[]
}

/** The other practices of who works in several; for everybody else there is nothing to see. */
export function PracticesPanel() {
  const { ask, renewed } = useService()
  const { data } = useReading<Practices>('/auth/practices')
  const deed = useDeed()
  const others = data?.practices.filter(({ current }) => !current) ?? []
  if (others.length === 0) return null
  return (
    <Panel title="Other practices" text="You go on there without signing in again.">
      <div className="panel-body">
        <div className="actions">
          {others.map(({ practiceId }) => (
            <Button
              key={practiceId}
              isBusy={deed.isBusy}
              onClick={() =>
                void deed.run(() =>
                  ask('/auth/session/practice', { method: 'POST', body: { practiceId } }).then(renewed),
                )
              }
            >
              {`Go to ${inWords(practiceId)}`}
            </Button>
          ))}
        </div>
        <DeedError deed={deed} />
      </div>
    </Panel>
  )
}
