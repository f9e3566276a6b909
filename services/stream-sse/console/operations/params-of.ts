import type { CatalogueEntry } from './use-catalogue.ts'

/**
 * An action's params as a form gives them: a field that was emptied is left out, and what the schema does not name, or
 * what is no text, stays as it was sent.
 */
export function paramsOf(
  schema: CatalogueEntry['params'] | undefined,
  before: Readonly<Record<string, unknown>>,
  read: (name: string) => string,
): Record<string, unknown> {
  const params = { ...before }
  for (const [name, { type }] of Object.entries(schema?.properties ?? {})) {
    if (type !== 'string') continue
    const text = read(name)
    if (text === '') delete params[name]
    else params[name] = text
  }
  return params
}
