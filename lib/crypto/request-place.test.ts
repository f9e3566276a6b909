import { expect, test } from 'vitest'
import { placeOf } from './request-place.ts'

test('gives each practice, request and field a place of its own', () => {
  const places = [
    placeOf('north', '1', 'params'),
    placeOf('south', '1', 'params'),
    placeOf('north', '2', 'params'),
    placeOf('north', '1', 'result'),
  ]
  expect(new Set(places.map((place) => JSON.stringify(place))).size).toBe(4)
  expect(places[0]).toEqual({ practiceId: 'north', key: 'request:1', field: 'params' })
})
