/** Resolves as soon as `condition` is met, asking again every few ms; rejects by name after `timeoutMs`. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  timeoutMs = 10_000,
): Promise<void> {
  const deadline = performance.now() + timeoutMs
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** Resolves when the URL answers 200. */
export const untilAnswers = (url: string, timeoutMs = 15_000): Promise<void> =>
  until(
    `${url} answers`,
    () =>
      fetch(url).then(
        (answer) => answer.ok,
        () => false,
      ),
    timeoutMs,
  )
