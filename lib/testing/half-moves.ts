import { isRedisUnavailable } from '#lib/redis/unavailable.ts'

/** For `test.each`: each kind of names, and all but it, as what has moved to another master already. */
export const halfMoves = (kinds: Readonly<Record<string, RegExp>>) =>
  Object.entries(kinds).flatMap(([kind, names]): [string, (name: string) => boolean][] => [
    [kind, (name) => names.test(name)],
    [`all but ${kind}`, (name) => !names.test(name)],
  ])

/** Takes all steps at once; answers how those ended, by name, that were not refused as by a Redis that is away. */
export async function notRefused(
  steps: Readonly<Record<string, () => Promise<unknown>>>,
): Promise<Record<string, unknown>> {
  const outcomes = await Promise.all(
    Object.entries(steps).map(async ([name, step]) => {
      const outcome = await step().then(
        (value) => ({ value }),
        (error: unknown) => (isRedisUnavailable(error) ? undefined : { error }),
      )
      return [name, outcome] as const
    }),
  )
  return Object.fromEntries(outcomes.filter(([, outcome]) => outcome !== undefined))
}
