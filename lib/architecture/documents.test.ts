import { existsSync } from 'node:fs'
import { join, posix } from 'node:path'
import { expect, test } from 'vitest'
import { filesOfTree, readText, root, sourceFiles } from './testing/source-tree.ts'

const paths = filesOfTree()
const documents = paths.filter((path) => path.endsWith('.md'))
const texts = paths.filter((path) => /\.(tsx?|lua|md|json|ya?ml|toml|tf|sh|css|html)$|Dockerfile$/.test(path))
const topFolders = [...new Set(paths.filter((path) => path.includes('/')).map((path) => path.split('/')[0]))]

/** Written by a run and not kept in the repository. */
const madeByRuns = /^(\.local|node_modules|coverage)\/|\/dist(\/|$)/
const placeholder = /[<>*{}$…]|\.\.\./

/** What a document cites: the targets of its links, and in code whatever begins with a folder of ours. */
function citedPaths(document: string, text: string): string[] {
  const fromRoot = new RegExp(
    `^\\.?/?((?:${topFolders.map((name) => RegExp.escape(name ?? '')).join('|')})/.*)$`,
  )
  const code = [...text.matchAll(/```[^\n]*\n([\s\S]*?)```|`([^`\n]+)`/g)].flatMap(([, block, span]) =>
    (block ?? span ?? '').split(/[\s"'(),;=│├└─]+/).flatMap((word) => fromRoot.exec(word)?.[1] ?? []),
  )
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^([a-z]+:|#|\/)/i.test(target))
    .map((target) => posix.normalize(posix.join(posix.dirname(document), target)))
  return [...code, ...links]
    .map((path) => path.replace(/#.*$|:\d+(-\d+)?$|[.:]$/g, '').replace(/\/$/, ''))
    .filter((path) => path !== '' && !placeholder.test(path) && !madeByRuns.test(path))
}

test('there is a README', () => {
  expect(documents).toContain('README.md')
})

test('every path that a document names is there', () => {
  const missing = documents.flatMap((document) =>
    citedPaths(document, readText(document))
      .filter((path) => !existsSync(join(root, path)))
      .map((path) => `${document}: names ${path}, which is not there`),
  )
  expect(missing).toEqual([])
})

test('finds paths in links, in code and in commands', () => {
  const text = [
    'See [the log](lib/audit/audit-log.ts#L3) and [outside](https://clinic.example/lib/x.ts).',
    'Run `bun deploy/nothing.ts --port 1`, look at `lib/none/`, `lib/*/x.ts` and `Bun.serve`.',
    '```\nbun loadtest/none.ts\n```',
  ].join('\n')
  expect(citedPaths('README.md', text).sort()).toEqual([
    'deploy/nothing.ts',
    'lib/audit/audit-log.ts',
    'lib/none',
    'loadtest/none.ts',
  ])
})

test('no file names a place on somebody’s machine', () => {
  const place = /(?<![\w.$}])(\/(home|Users|root)\/[\w.-]+|\/work\/\w|[A-Z]:\\\\?(Users|work))/i
  const self = 'lib/architecture/documents.test.ts'
  const found = texts
    .filter((path) => path !== self)
    .flatMap((path) =>
      readText(path)
        .split('\n')
        .flatMap((line, index) => (place.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
    )
  expect(found).toEqual([])
})

/** Hosts that code may name: this machine, names reserved for examples (RFC 2606), XML namespaces, Tebra itself. */
const allowedHosts = [
  /^(localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])$/,
  /(^|\.)(example|test|invalid|localhost)(\.(com|org|net))?$/,
  /^(schemas\.(microsoft|xmlsoap)\.(com|org)|www\.w3\.org)$/,
  /^(www|webservice)\.kareo\.com$/,
  // Names of code systems in FHIR, and Google's own APIs: keys, tokens, and where the audit log is kept.
  /^((dicom\.nema|terminology\.hl7|hl7)\.org|(storage|cloudkms)\.googleapis\.com|metadata\.google\.internal)$/,
]

test('product code names no host but this machine, examples, XML namespaces and Tebra', () => {
  const found = sourceFiles(paths)
    .filter(({ path, forTests }) => !forTests && !path.startsWith('loadtest/k6/'))
    .flatMap(({ path, code }) =>
      [...code.matchAll(/\b(?:https?|rediss?|wss?):\/\/(?:[^\s'"`/@]*@)?(\[[^\]]*\]|[\w.-]+)/g)]
        .map(([, host = '']) => host)
        .filter((host) => !allowedHosts.some((allowed) => allowed.test(host)))
        .map((host) => `${path}: names the host ${host}`),
    )
  expect(found).toEqual([])
})
