import { describe, expect, test } from 'vitest'
import { readLoadOptions, UsageError } from './load-options.ts'

const read = (...args: string[]) => readLoadOptions(args, undefined)

describe('the load command', () => {
  test('hands the scenario its settings by name', () => {
    expect(read('steady', '--rate', '4', '--duration', '2m')).toEqual({
      command: 'steady',
      settings: { RATE: '4', DURATION: '2m' },
    })
  })

  test.each([['http://localhost:8080'], ['http://127.0.0.1:9000/'], ['http://[::1]:8080']])(
    'puts load on this machine: %s',
    (origin) => {
      expect(read('smoke', '--base-url', origin).baseUrl).toBe(origin.replace(/\/$/, ''))
    },
  )

  test.each([
    ['https://clinic.example'],
    ['http://localhost.clinic.example'],
    ['http://127.0.0.1.clinic.example:80'],
    ['http://10.0.0.1:8080'],
  ])('refuses a machine that is not this one: %s', (origin) => {
    expect(() => read('smoke', '--base-url', origin)).toThrow('ALLOW_REMOTE=1')
    expect(readLoadOptions(['smoke', '--base-url', origin], '1').baseUrl).toBe(origin)
  })

  test.each([
    ['no command', []],
    ['an unknown command', ['soak']],
    ['two commands', ['smoke', 'steady']],
    ['an unknown option', ['smoke', '--vus', '3']],
    ['a rate that is no number', ['steady', '--rate', 'many']],
    ['a rate of nothing', ['steady', '--rate', '0']],
    ['a duration without a unit', ['steady', '--duration', '20']],
    ['a URL with a user in it', ['smoke', '--base-url', 'http://user@localhost:8080']],
    ['a URL with a path', ['smoke', '--base-url', 'http://localhost:8080/auth']],
  ])('refuses %s, in words', (_, args) => {
    expect(() => readLoadOptions(args, '1')).toThrow(UsageError)
  })
})
