import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What one document is tested with. Operations are named like `GET /events`; the patterns are regular expressions. */
export interface FuzzRun {
  readonly document: string
  /** Where the operations are, if not at the document's origin. */
  readonly baseUrl?: string
  readonly include?: string
  readonly exclude?: string
  /** Where sessions are had: of who asks, and of somebody in another practice, who must not see what is theirs. */
  readonly sessions?: { readonly caller: string; readonly neighbour: string }
  /** Parameters that must name what exists, by place and name: `{ 'path.id': '…' }`. */
  readonly parameters?: Readonly<Record<string, string | number>>
  /** Operations whose valid requests may all be refused, because no program can guess what they ask for. */
  readonly unguessable?: string
  readonly requestTimeoutSeconds: number
}

/** So that nothing passes that was never reached: not let in, made to wait, or refused as against the document. */
const failOn = ['missing_auth', 'rate_limited', 'validation_mismatch', 'unsupported_regex']

/** Writes a configuration for what the command line cannot say; answers the file. */
export async function writeSettings(folder: string, run: FuzzRun): Promise<string> {
  const file = join(folder, 'schemathesis.toml')
  const people = join(folder, 'people.json')
  if (run.sessions) await writeFile(people, JSON.stringify(peopleOf(run.sessions)))
  await writeFile(file, settingsOf(run, people))
  return file
}

/** Text in TOML has JSON's escapes. */
const toml = (value: unknown) => JSON.stringify(value)

export function settingsOf(run: FuzzRun, people: string): string {
  const lines = [
    `hooks = ${toml(fileURLToPath(new URL('./hooks.py', import.meta.url)))}`,
    `request-timeout = ${run.requestTimeoutSeconds}`,
    // An event stream goes on for ever, and its first event is as good as any.
    'max-stream-events = 1',
    // The documents' own links; those it infers take users' ids from sign-ins, and none from where users are made.
    '[phases.stateful.inference]',
    'algorithms = []',
    '[warnings]',
    `fail-on = ${toml(failOn)}`,
    '[parameters]',
    ...Object.entries(run.parameters ?? {}).map(([name, value]) => `${toml(name)} = ${toml(value)}`),
  ]
  if (run.unguessable !== undefined)
    lines.push('[[operations]]', `include-name-regex = ${toml(run.unguessable)}`, 'warnings = false')
  if (run.sessions)
    lines.push(
      '[auth.wfc]',
      `path = ${toml(people)}`,
      'user = "caller"',
      'peers = ["caller", "neighbour"]',
      // A proof of who one is counts as fresh for five minutes.
      'refresh_interval = 240',
    )
  return `${lines.join('\n')}\n`
}

/** By the schema of Web Fuzzing Commons. */
const peopleOf = (urls: Readonly<Record<string, string>>) => ({
  auth: Object.entries(urls).map(([name, externalEndpointURL]) => ({
    name,
    loginEndpointAuth: {
      externalEndpointURL,
      verb: 'POST',
      token: {
        extractFrom: 'body',
        extractSelector: '/token',
        sendIn: 'header',
        sendName: 'Authorization',
        sendTemplate: 'Bearer {token}',
      },
    },
  })),
})
