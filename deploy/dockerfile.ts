/** One instruction of a Dockerfile, its continued lines joined. */
export interface Instruction {
  readonly name: string
  readonly rest: string
}

/** The instructions in their order; comments and blank lines are left out. */
export function readDockerfile(text: string): Instruction[] {
  return text
    .replace(/^\s*#.*\n/gm, '')
    .replace(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [name = '', ...rest] = line.trim().split(/\s+/)
      return { name: name.toUpperCase(), rest: rest.join(' ') }
    })
}

/** The paths a COPY takes from the build context; a COPY --from takes none. */
export function contextPaths({ name, rest }: Instruction): string[] {
  if (name !== 'COPY' || rest.includes('--from=')) return []
  return rest.split(' ').slice(0, -1)
}

/** Whether the builder is sent the path at all, by .dockerignore's rule that the last pattern that matches decides. */
export function reachesBuilder(ignore: string, path: string): boolean {
  let ignored = false
  for (const line of ignore.split('\n')) {
    if (line.trim() === '' || line.startsWith('#')) continue
    const negated = line.startsWith('!')
    if (matches(negated ? line.slice(1) : line, path)) ignored = !negated
  }
  return !ignored
}

// A pattern matches a path and everything below it; two stars stand for any folders, one for a part of a name.
function matches(pattern: string, path: string): boolean {
  const parts = pattern.split(/([*]{2}[/]|[*])/).map((part) => {
    if (part === '**/') return '(?:.*/)?'
    return part === '*' ? '[^/]*' : part.replace(/[.+?^${}()|[]\\]/g, '\\$&')
  })
  return new RegExp(`^${parts.join('')}(/|$)`).test(path)
}
