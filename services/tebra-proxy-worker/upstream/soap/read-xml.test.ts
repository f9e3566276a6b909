import { describe, expect, test } from 'vitest'
import { readXml } from './read-xml.ts'

describe('readXml', () => {
  test('keeps every value a text and drops prefixes and attributes', () => {
    expect(readXml('<a:x xmlns:a="u"><a:id>007</a:id><b i:nil="true"/><c>true</c><d>1e3</d></a:x>')).toEqual({
      x: { id: '007', b: '', c: 'true', d: '1e3' },
    })
  })

  test('decodes the five entities and numeric references, once', () => {
    expect(readXml('<t>&lt;&amp;amp;&gt;&quot;&apos;&#38;&#x1FA7A;&unknown;&#x110000;</t>')).toEqual({
      t: `<&amp;>"'&🩺&unknown;\ufffd`,
    })
  })

  test('reads on where .NET wrote a control character as the reference that XML forbids', () => {
    expect(readXml('<t><note>a&#xB;b&#0;c&#x1f;&#xD800;&#10;</note><id>7</id></t>')).toEqual({
      t: { note: 'a\ufffdb\ufffdc\ufffd\ufffd\n', id: '7' },
    })
  })

  test('takes several elements of one name as a list, and text around elements as nothing', () => {
    expect(readXml('<l>\n <r>1</r> <r><![CDATA[<2>]]></r><r/>\n <one>x</one></l>')).toEqual({
      l: { r: ['1', '<2>', ''], one: 'x' },
    })
  })

  test.each([
    ['a document type', '<!DOCTYPE r [<!ENTITY a "b">]><r>&a;</r>'],
    ['a billion laughs', `<?xml version="1.0"?>\n<!doctype l [<!ENTITY a "${'ha'.repeat(99)}">]><l>&a;</l>`],
    ['half a document', '<a><b>1</b'],
    ['a wrong end tag', '<a><b>1</a></b>'],
    ['an end tag of nothing', '<a></b></a>'],
    ['two roots', '<a/><b/>'],
    ['an attribute without quotes', '<a b=c/>'],
    ['plain text', 'Internal Server Error'],
    ['nothing', ''],
  ])('refuses %s', (_name, text) => {
    expect(readXml(text)).toBeUndefined()
  })

  test('refuses or survives a document nested without end', () => {
    const depth = 50_000
    expect(() => readXml('<a>'.repeat(depth) + '</a>'.repeat(depth))).not.toThrow()
  })

  test('cannot be made to change the prototype of objects', () => {
    readXml('<__proto__><polluted>1</polluted></__proto__>')
    readXml('<a><constructor><prototype><polluted>1</polluted></prototype></constructor></a>')
    expect('polluted' in {}).toBe(false)
  })
})
