/** A path with its query; what is empty or undefined is left out. */
export function withQuery(path: string, query: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => Boolean(entry[1]))
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`
}

/** The instant that a `datetime-local` field names, by this computer's zone; undefined where it is empty. */
export const instantOf = (local: string): string | undefined =>
  local === '' ? undefined : new Date(local).toISOString()
