import { tracingChannel } from 'node:diagnostics_channel'

/**
 * Node's TracingChannel says whether anybody listens, and ioredis traces each command where it does not say "no". Bun's
 * does not say it (oven-sh/bun#27805): every command was traced for nobody. To go when Bun has it.
 */
const prototype = Object.getPrototypeOf(tracingChannel('workflow-bolt'))
if (!('hasSubscribers' in prototype))
  Object.defineProperty(prototype, 'hasSubscribers', {
    configurable: true,
    get(this: ReturnType<typeof tracingChannel>) {
      const { start, end, asyncStart, asyncEnd, error } = this
      return (
        start.hasSubscribers ||
        end.hasSubscribers ||
        asyncStart.hasSubscribers ||
        asyncEnd.hasSubscribers ||
        error.hasSubscribers
      )
    },
  })
