import type { ActionName } from '#lib/contract/actions.ts'
import { useReading } from '../parts/use-reading.ts'

/** A param of an action, as far as a form needs its JSON Schema. */
export interface ParamSchema {
  readonly type?: string
  readonly format?: string
  readonly enum?: readonly string[]
}

export interface CatalogueEntry {
  readonly name: ActionName
  readonly params: {
    readonly properties?: Readonly<Record<string, ParamSchema>>
    readonly required?: readonly string[]
  }
}

/** What can be asked of Tebra, as the service tells it. */
export const useCatalogue = () => useReading<{ actions: readonly CatalogueEntry[] }>('/tebra/actions')
