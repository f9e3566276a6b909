import { describe, expect, test } from 'vitest'
import { demoCredentials } from '../testing/serve-upstream.ts'
import { buildRequest, soapAction } from './build-request.ts'
import { readXml } from './read-xml.ts'
import { escapeXml, writeMembers } from './write-xml.ts'

describe('writeMembers', () => {
  test('puts the base member first and the others by code unit, whatever order they came in', () => {
    expect(writeMembers({ b: '2', Zed: '1', a: '3', RequestHeader: { User: 'u', CustomerKey: 'k' } })).toBe(
      '<RequestHeader><CustomerKey>k</CustomerKey><User>u</User></RequestHeader><Zed>1</Zed><a>3</a><b>2</b>',
    )
  })

  test('leaves out what is undefined and writes an empty element for no members', () => {
    expect(writeMembers({ Fields: {}, Filter: { FirstName: undefined } })).toBe('<Fields/><Filter/>')
  })

  test('writes a list of longs in the namespace of arrays', () => {
    const longs = '<a:long xmlns:a="http://schemas.microsoft.com/2003/10/Serialization/Arrays">'
    expect(writeMembers({ ResourceIds: ['7', '8'] })).toBe(
      `<ResourceIds>${longs}7</a:long>${longs}8</a:long></ResourceIds>`,
    )
  })
})

test('escapes every text so that it is read back as it was', () => {
  for (const text of [`<&'">`, ']]>', '&amp;', 'Renée 診察 🩺', 'a\rb\nc\td']) {
    expect(readXml(`<r><t>x${escapeXml(text)}x</t></r>`)).toEqual({ r: { t: `x${text}x` } })
  }
})

test('leaves out what XML cannot carry', () => {
  expect(escapeXml('a\u0000b\u000bc\ud800d')).toBe('abc\ufffdd')
})

describe('buildRequest', () => {
  test('puts the credentials into the body, header members in order and escaped', () => {
    const request = buildRequest(
      'GetPatients',
      { Filter: {}, Fields: {} },
      { ...demoCredentials, password: `p<&'">` },
    )
    expect(request).toContain(
      '<GetPatients xmlns="http://www.kareo.com/api/schemas/"><request><RequestHeader><CustomerKey>demo-key</CustomerKey><Password>p&lt;&amp;&apos;&quot;&gt;</Password><User>demo@clinic.example</User></RequestHeader><Fields/><Filter/></request></GetPatients>',
    )
    expect(request).not.toContain('s:Header')
  })

  test('writes the members of the ServiceLocation request without the slash', () => {
    const request = buildRequest('GetServiceLocations', { Fields: {}, Filter: {} }, demoCredentials)
    expect(request).toContain(
      '</RequestHeader><Fields xmlns="http://www.kareo.com/api/schemas"/><Filter xmlns="http://www.kareo.com/api/schemas"/>',
    )
  })

  test('lays the one flat request out flat', () => {
    const request = buildRequest('GetCustomerIdFromKey', {}, demoCredentials)
    expect(request).toContain('<request><CustomerKey>')
    expect(request).not.toContain('RequestHeader')
  })

  test('quotes the action', () => {
    expect(soapAction('GetPatient')).toBe('"http://www.kareo.com/api/schemas/KareoServices/GetPatient"')
  })
})
