import { heapStats } from 'bun:jsc'

/** Preloaded into a service whose memory is measured: on SIGUSR2 what nobody holds is given back at once, and the rest told. */
process.on('SIGUSR2', () => {
  Bun.gc(true)
  const { heapSize, extraMemorySize, objectCount } = heapStats()
  console.log(JSON.stringify({ heldObjects: objectCount, heldBytes: heapSize + extraMemorySize }))
})
