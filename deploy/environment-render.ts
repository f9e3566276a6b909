import type { EnvironmentVariable } from './environment-variables.ts'

const start = '<!-- environment:start -->'
const end = '<!-- environment:end -->'

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

const fallbackCell = (variable: EnvironmentVariable): string => {
  if (variable.required) return variable.secret ? '**required**, secret' : '**required**'
  return variable.fallback === undefined ? '–' : `\`${cell(variable.fallback)}\``
}

/** The matrix as a Markdown table: one row a variable, who reads it, its default and what it means. */
export function renderMatrix(variables: readonly EnvironmentVariable[], services: readonly string[]): string {
  const readBy = (variable: EnvironmentVariable) =>
    variable.services.length === services.length ? 'all' : variable.services.join(', ')
  const rows = variables.map((variable) => {
    const meaning = variable.description + (variable.allowed ? ` (${variable.allowed})` : '')
    return `| \`${variable.name}\` | ${readBy(variable)} | ${fallbackCell(variable)} | ${cell(meaning)} |`
  })
  return ['| variable | read by | default | meaning |', '|---|---|---|---|', ...rows].join('\n')
}

/** An environment file to copy: what must be set stands open and empty, what has a default stands commented out. */
export function renderExample(
  variables: readonly EnvironmentVariable[],
  services: readonly string[],
): string {
  const lines = ['# Copy to .env and fill in what is empty. Made by: npm run environment']
  let heading = ''
  for (const variable of inGroups(variables)) {
    const readBy =
      variable.services.length === services.length ? 'every service' : variable.services.join(', ')
    if (readBy !== heading) lines.push('', `## ${readBy}`)
    heading = readBy
    const allowed = variable.allowed ? ` (${variable.allowed})` : ''
    lines.push('', `# ${variable.description}${allowed}`)
    if (variable.make) lines.push(`# Make one: ${variable.make}`)
    lines.push(
      variable.required
        ? `${variable.name}=`
        : `# ${variable.name}=${variable.secret ? '' : (variable.fallback ?? '')}`,
    )
  }
  return `${lines.join('\n')}\n`
}

/** Variables of the same readers together, in the order in which the groups first appear. */
function inGroups(variables: readonly EnvironmentVariable[]): EnvironmentVariable[] {
  const groups = Map.groupBy(variables, (variable) => variable.services.join())
  return [...groups.values()].flat()
}

/** The document with the table between its markers replaced, or undefined where it has no markers. */
export function replaceBetweenMarkers(document: string, table: string): string | undefined {
  const from = document.indexOf(start)
  const to = document.indexOf(end, from)
  if (from < 0 || to < 0) return undefined
  return `${document.slice(0, from + start.length)}\n${table}\n${document.slice(to)}`
}
