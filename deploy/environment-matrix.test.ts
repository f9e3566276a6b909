import { expect, test } from 'vitest'
import { staleFiles, variables } from './environment-matrix.ts'

test('.env.example and the table in the README say what the services’ schemas say', async () => {
  expect(await staleFiles(), 'out of date: npm run environment').toEqual([])
})

test('every variable says what it means', () => {
  expect(
    variables.filter((variable) => variable.description === '').map((variable) => variable.name),
  ).toEqual([])
})

test('no secret has a default', () => {
  const known = variables.filter((variable) => variable.secret && variable.fallback !== undefined)
  expect(known.map((variable) => variable.name)).toEqual([])
})
