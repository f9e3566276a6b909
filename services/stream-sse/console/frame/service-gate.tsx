import { type ReactNode, useCallback, useMemo, useRef, useState } from 'react'
import { callService } from '#lib/client/call-service.ts'
import { ServiceError } from '#lib/client/service-error.ts'
import type { Problem } from '#lib/contract/problem.ts'
import { type Ask, ServiceContext } from '../parts/service.tsx'
import { fetchAs } from './fetch-as.ts'
import { StepUpDialog } from './step-up-dialog.tsx'

export interface ServiceGateProps {
  /** Whose pages these are. */
  readonly userId: string
  /** The session goes on under another id. */
  readonly onRenewed: () => Promise<void>
  /** Nobody is signed in any more, says a service. */
  readonly onLost: () => Promise<void>
  readonly children: ReactNode
}

interface AskedProof {
  readonly needs: Problem['needs']
  readonly settle: (isProved: boolean) => void
}

/** Stands between the pages and the services: asks for a proof where one is wanted, and notices the end of the session. */
export function ServiceGate({ userId, onRenewed, onLost, children }: ServiceGateProps) {
  const [asked, setAsked] = useState<AskedProof>()
  const proof = useRef<Promise<boolean>>(undefined)

  const prove = useCallback(
    (needs: Problem['needs']): Promise<boolean> => {
      // Several calls at once wait for one proof.
      proof.current ??= new Promise<boolean>((resolve) => setAsked({ needs, settle: resolve })).then(
        async (isProved) => {
          proof.current = undefined
          setAsked(undefined)
          if (isProved) await onRenewed()
          return isProved
        },
      )
      return proof.current
    },
    [onRenewed],
  )

  const ask = useCallback<Ask>(
    async (path, call = {}) => {
      const send = () => callService<never>(fetchAs(userId), path, call)
      const judge = async (error: unknown): Promise<never> => {
        if (error instanceof ServiceError && error.code === 'unauthenticated') await onLost()
        throw error
      }
      return send().catch(async (error: unknown) => {
        const isSensitive = error instanceof ServiceError && error.code === 'step-up-required'
        if (!isSensitive || isBackground(call.headers)) return judge(error)
        return (await prove(error.problem?.needs)) ? send().catch(judge) : judge(error)
      })
    },
    [userId, prove, onLost],
  )

  const service = useMemo(() => ({ ask, renewed: onRenewed, lost: onLost }), [ask, onRenewed, onLost])
  return (
    <ServiceContext value={service}>
      {children}
      {asked && <StepUpDialog userId={userId} needs={asked.needs} onEnd={asked.settle} />}
    </ServiceContext>
  )
}

const isBackground = (headers: Readonly<Record<string, string>> | undefined) =>
  headers?.['x-background'] !== undefined
