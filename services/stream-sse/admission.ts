import { DomainError } from '#lib/http/domain-error.ts'
import type { Places } from './places.ts'

/** A stream's place on this instance, from before its session is looked up until it ends. */
export interface Seat {
  /** Counts it for its user and practice, on all instances; throws where their share is used up. */
  assign(holder: { practiceId: string; userId: string }): Promise<void>
  /** Safe to call more than once. */
  readonly leave: () => void
}

/** Who may come in: a flood is turned away before it costs Redis anything. */
export function createAdmission(deps: {
  places: Places
  seatsMax: number
  isDraining: () => boolean
  /** Whether events of the practice arrive here now. */
  hears: (practiceId: string) => boolean
}) {
  const { places } = deps
  let taken = 0
  const refuseWhileDraining = (): void => {
    if (deps.isDraining()) throw new DomainError('draining')
  }

  return {
    /** Asked again when a stream is about to open: whoever comes after the goodbye would not be told. */
    refuseWhileDraining,

    takeSeat(): Seat {
      refuseWhileDraining()
      if (taken >= deps.seatsMax) throw new DomainError('over-capacity', { retryAfterSeconds: 5 })
      taken += 1
      let seated = true
      let held: { practiceId: string; userId: string } | undefined
      return {
        async assign({ practiceId, userId }) {
          if (!deps.hears(practiceId)) throw new DomainError('redis-unavailable')
          const reply = await places.take({ practiceId, userId })
          if (reply !== 'taken')
            throw new DomainError('too-many-requests', {
              retryAfterSeconds: 30,
              detail:
                reply === 'user' ? 'Too many open streams of yours' : 'Too many open streams of the practice',
            })
          held = { practiceId, userId }
        },
        leave() {
          if (seated) taken -= 1
          if (seated && held) places.leave(held)
          seated = false
        },
      }
    },
  }
}

export type Admission = ReturnType<typeof createAdmission>
