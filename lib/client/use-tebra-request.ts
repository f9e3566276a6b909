import { useCallback, useEffect, useRef, useState } from 'react'
import type { ActionName, ActionParams, ActionResult } from '#lib/contract/actions.ts'
import type { Progress } from './request-end.ts'
import { TebraCallError } from './tebra-call-error.ts'
import type { Answer, CallOptions, TebraClient } from './tebra-client.ts'

/** Where the latest request of a component stands; `steps` are what was heard of it so far, oldest first. */
export type TebraRequestState<A extends ActionName> =
  | { readonly kind: 'idle' }
  | { readonly kind: 'submitting' }
  | { readonly kind: 'waiting'; readonly status: Progress['status']; readonly steps: readonly Progress[] }
  | {
      readonly kind: 'done'
      readonly data: ActionResult<A>
      readonly meta: Answer<A>['meta']
      readonly steps: readonly Progress[]
    }
  | { readonly kind: 'failed'; readonly error: TebraCallError; readonly steps: readonly Progress[] }

export interface TebraRequestHandle<A extends ActionName> {
  readonly state: TebraRequestState<A>
  /** Sends a request; an earlier one of this component is no longer waited for. Never rejects: the state tells. */
  send(params: ActionParams<A>, options?: Omit<CallOptions, 'signal' | 'onProgress'>): Promise<void>
}

/** Sends requests of one action and renders their way; leaving the page gives up waiting. */
export function useTebraRequest<A extends ActionName>(client: TebraClient, action: A): TebraRequestHandle<A> {
  const [state, setState] = useState<TebraRequestState<A>>({ kind: 'idle' })
  const current = useRef<AbortController>(undefined)
  useEffect(() => () => current.current?.abort(), [])

  const send = useCallback<TebraRequestHandle<A>['send']>(
    async (params, options = {}) => {
      current.current?.abort()
      const mine = new AbortController()
      current.current = mine
      let steps: readonly Progress[] = []
      const become = (next: TebraRequestState<A>) => {
        if (!mine.signal.aborted) setState(next)
      }
      become({ kind: 'submitting' })
      try {
        const { data, meta } = await client.ask(action, params, {
          ...options,
          signal: mine.signal,
          onProgress(progress) {
            steps = [...steps, progress]
            become({ kind: 'waiting', status: progress.status, steps })
          },
        })
        become({ kind: 'done', data, meta, steps })
      } catch (cause) {
        const message = 'Something went wrong in this page'
        const error =
          cause instanceof TebraCallError ? cause : new TebraCallError('internal', message, { cause })
        become({ kind: 'failed', error, steps })
      }
    },
    [client, action],
  )

  return { state, send }
}
