/** Calls `run` for 0 … total − 1, always `width` at once, and resolves when all have ended. */
export async function inFlight(
  total: number,
  width: number,
  run: (index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0
  const line = async () => {
    for (let index = next++; index < total; index = next++) await run(index)
  }
  await Promise.all(Array.from({ length: width }, line))
}
