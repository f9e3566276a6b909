import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { bytes, milliseconds, Secret } from '#lib/config/read-config.ts'
import { renderExample, renderMatrix, replaceBetweenMarkers } from './environment-render.ts'
import { variablesOf } from './environment-variables.ts'

const Shared = z.object({
  REDIS_URL: z.url().meta({ description: 'Redis', secret: true }),
  LOG_LEVEL: z.enum(['info', 'warn']).default('info').meta({ description: 'least severity | logged' }),
})
const First = Shared.extend({ KEY: Secret.meta({ description: 'a key', secret: true }) })
const Second = Shared.extend({
  WAIT_MS: milliseconds(500).meta({ description: 'a wait', unit: 'ms' }),
  BODY_BYTES_MAX: bytes(64).meta({ description: 'a size', unit: 'bytes' }),
  FOLDER: z.string().optional().meta({ description: 'a folder' }),
})
const services = ['first', 'second']
const variables = variablesOf([
  { service: 'first', schema: First },
  { service: 'second', schema: Second },
])

describe('the matrix', () => {
  const table = renderMatrix(variables, services)

  test('has one row for a variable that several services read', () => {
    expect(table.match(/`LOG_LEVEL`/g)).toHaveLength(1)
    expect(table).toContain('| `LOG_LEVEL` | all | `info` | least severity \\| logged (info, warn) |')
  })

  test('says what is required, what is secret, and units', () => {
    expect(table).toContain('| `KEY` | first | **required**, secret | a key |')
    expect(table).toContain('| `WAIT_MS` | second | `500` | a wait (from 1 ms) |')
    expect(table).toContain('| `FOLDER` | second | – | a folder |')
  })

  test('keeps apart a variable that two services define differently', () => {
    const other = z.object({ LOG_LEVEL: z.string().default('debug') })
    const found = variablesOf([
      { service: 'first', schema: First },
      { service: 'other', schema: other },
    ])
    expect(
      found.filter((variable) => variable.name === 'LOG_LEVEL').map((variable) => variable.services),
    ).toEqual([['first'], ['other']])
  })

  test('replaces only what stands between the markers', () => {
    const document = 'a\n<!-- environment:start -->\nold\n<!-- environment:end -->\nb\n'
    const replaced = replaceBetweenMarkers(document, 'new')
    expect(replaced).toBe('a\n<!-- environment:start -->\nnew\n<!-- environment:end -->\nb\n')
    expect(replaceBetweenMarkers('no markers', 'new')).toBeUndefined()
  })
})

describe('the example file', () => {
  const example = renderExample(variables, services)

  test('leaves secrets empty and says how to make one', () => {
    expect(example).toContain('# a key\n# Make one: openssl rand -base64 32\nKEY=\n')
    expect(example).toMatch(/^REDIS_URL=$/m)
  })

  test('shows defaults commented out, so that copying it changes nothing', () => {
    expect(example).toContain('# WAIT_MS=500')
    const open = example.split('\n').filter((line) => line && !line.startsWith('#'))
    expect(open).toEqual(['REDIS_URL=', 'KEY='])
  })
})
