import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { k6Binary, pinned } from './k6-binary.ts'

let folder = ''
const said: string[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'k6-'))
  await mkdir(join(folder, 'bin'))
  said.length = 0
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function program(name: string, body: string): Promise<void> {
  await writeFile(join(folder, 'bin', name), `#!/bin/sh\n${body}\n`)
  await chmod(join(folder, 'bin', name), 0o755)
}

const cache = () => join(folder, 'cache')
const find = (path = '') =>
  k6Binary(cache(), { PATH: `${join(folder, 'bin')}${path}`, HOME: folder }, (line) => said.push(line))

const lists = (version: string, module: string) =>
  `echo "k6 ${version} (go1.26, linux/amd64)"; echo "Extensions:"; echo "  ${module}, k6/x/sse [js]"`
const withExtension = lists('v1.8.1', 'workflow-bolt/k6/sse ')

test('takes the k6 on PATH that has the extension', async () => {
  await program('k6', withExtension)
  expect(await find()).toBe('k6')
})

test.each([
  ['a k6 without an extension', 'echo "k6 v1.8.1 (go1.26, linux/amd64)"'],
  ['a k6 of another version', lists('v2.0.0', 'workflow-bolt/k6/sse ')],
  ['a k6 whose k6/x/sse is another module', lists('v1.8.1', 'example.com/k6-sse v0.1.0')],
  ['a k6 that does not run', 'exit 1'],
])('passes over %s and says what to do where there is no Go', async (_, body) => {
  await program('k6', body)
  await expect(find()).rejects.toThrow(/no Go to build it[\s\S]*go install -C loadtest\/k6\/extension/)
})

test('builds one with Go into the cache, without cgo, named by its sources, and takes it the next time', async () => {
  const checks =
    '[ "$CGO_ENABLED" = 0 ] && grep -q "go.k6.io/k6 v1.8.1" go.mod && [ "$5 $6" = "-ldflags=-s -w -o" ]'
  const made = `printf '#!/bin/sh\\n%s\\n' '${withExtension}' > "$7" && chmod +x "$7"`
  await program('go', `[ "$1" = version ] && exit 0\n${checks} && ${made}`)
  const { version, hash } = await pinned()
  const name = `k6-${version}-${hash}`
  expect(name).toMatch(/^k6-v1\.8\.1-[0-9a-f]{12}$/)
  expect(await find(':/usr/bin:/bin')).toBe(join(cache(), name))
  expect(said).toHaveLength(1)
  expect(await find(':/usr/bin:/bin')).toBe(join(cache(), name))
  expect(said).toHaveLength(1)
  expect(await readdir(cache())).toEqual([name])
})

test('says why Go could not build it, and leaves nothing half-made behind', async () => {
  await program('go', '[ "$1" = version ] && exit 0\necho "proxy: 403 Forbidden" >&2; exit 1')
  await expect(find()).rejects.toThrow('proxy: 403 Forbidden')
  expect(await readdir(cache())).toEqual([])
})
