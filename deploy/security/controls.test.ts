import { existsSync } from 'node:fs'
import { join, posix } from 'node:path'
import { expect, test } from 'vitest'
import { readText, root } from '#lib/architecture/testing/source-tree.ts'
import asvs from './asvs-5.0.0.json' with { type: 'json' }

const folder = 'deploy/security'
const page = readText(`${folder}/controls.md`)
const statuses = ['met', 'partly', 'not met', 'does not apply'] as const

/** 45 CFR 164.312, every standard and implementation specification. */
const hipaa = [
  ...['(a)(1)', '(a)(2)(i)', '(a)(2)(ii)', '(a)(2)(iii)', '(a)(2)(iv)', '(b)', '(c)(1)', '(c)(2)', '(d)'],
  ...['(e)(1)', '(e)(2)(i)', '(e)(2)(ii)'],
].map((paragraph) => `164.312${paragraph}`)

/** Label → path from the root: `[label]: ../../path` at the end of the page. */
const targets = new Map(
  [...page.matchAll(/^\[([^\]]+)\]: (\S+)$/gm)].map(([, label = '', target = '']) => [
    label,
    posix.normalize(posix.join(folder, target)),
  ]),
)

interface Row {
  readonly ids: readonly string[]
  readonly how: string
  readonly status: string
  readonly places: readonly string[]
  readonly tests: readonly { readonly name: string; readonly file: string }[]
}

function rowsOf(heading: string): Row[] {
  const section = page.split(/^## /m).find((text) => text.startsWith(heading)) ?? ''
  return section
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.includes('| shown by |'))
    .map((line) => {
      const [, ids = '', how = '', status = '', where = '', shownBy = ''] = line.split(/ ?\| ?/)
      return {
        ids: ids.split(', '),
        how,
        status,
        places: [...where.matchAll(/\[([^\]]+)\]/g)].map(([, label = '']) => label),
        tests: [...shownBy.matchAll(/\[([^\]]+)\]\[([^\]]+)\]/g)].map(([, name = '', file = '']) => ({
          name,
          file,
        })),
      }
    })
}

const sections = {
  'OWASP ASVS 5.0': rowsOf('OWASP ASVS 5.0'),
  HIPAA: rowsOf('HIPAA'),
  'NIST SP 800-63B-4': rowsOf('NIST SP 800-63B-4'),
}
const rows = Object.values(sections).flat()
const idsOf = (some: readonly Row[]) => some.flatMap(({ ids }) => ids)

test('every requirement of ASVS at levels 1 and 2 stands in the page exactly once', () => {
  const required = [...asvs.level1, ...asvs.level2]
  expect([asvs.level1.length, asvs.level2.length]).toEqual([70, 183])
  expect(idsOf(sections['OWASP ASVS 5.0']).toSorted()).toEqual(required.toSorted())
})

test('every technical safeguard of HIPAA stands in the page exactly once', () => {
  expect(idsOf(sections.HIPAA).toSorted()).toEqual(hipaa.toSorted())
})

test('every place and test file that the page names is there', () => {
  const labels = rows.flatMap(({ places, tests }) => [...places, ...tests.map(({ file }) => file)])
  expect(labels.filter((label) => !targets.has(label))).toEqual([])
  expect([...targets.values()].filter((path) => !existsSync(join(root, path)))).toEqual([])
  expect([...targets.keys()].filter((label) => !labels.includes(label))).toEqual([])
})

test('every test that the page names is in its file, by that name', () => {
  const missing = rows
    .flatMap(({ tests }) => tests)
    .filter(({ name, file }) => {
      const text = readText(targets.get(file) ?? '')
      return !["'", '"', '`'].some((quote) => text.includes(`${quote}${name}${quote},`))
    })
  expect(missing).toEqual([])
})

test('what is met is shown by a place and a test, and what is not says what is missing', () => {
  expect(rows.filter(({ status }) => !(statuses as readonly string[]).includes(status))).toEqual([])
  const unproved = rows.filter(
    ({ status, places, tests }) => status === 'met' && (places.length === 0 || tests.length === 0),
  )
  expect(unproved).toEqual([])
  const silent = rows.filter(
    ({ status, how }) => /^(partly|not met)$/.test(status) !== how.includes('**Missing:**'),
  )
  expect(silent).toEqual([])
})

test.each(Object.entries(sections))('the sums of %s are right', (name, some) => {
  const count = (status: string) => idsOf(some.filter((row) => row.status === status)).length
  const [, ...sums] =
    page
      .split('\n')
      .find((line) => line.startsWith(`| ${name}`))
      ?.split(' | ') ?? []
  expect([idsOf(some).length, ...statuses.map(count)]).toEqual(sums.map(Number.parseFloat))
})
