import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where tools built for load tests are kept between runs, by the XDG base directory specification. */
export const cacheFolder = (environment: Readonly<Record<string, string | undefined>>): string =>
  join(environment.XDG_CACHE_HOME || join(homedir(), '.cache'), 'workflow-bolt')

/** A tool that is neither here nor can be made here; the message says what to do. */
export class ToolMissing extends Error {
  override readonly name = 'ToolMissing'
}
