interface Operation {
  readonly operationId?: string
  readonly tags?: readonly string[]
  readonly summary?: string
  readonly security?: readonly object[]
  readonly requestBody?: object
  readonly responses: Readonly<Record<string, { readonly links?: Record<string, { operationId: string }> }>>
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

/** What would disappoint who makes a client from the document: one line each, by operation. */
export function documentFaults(document: unknown): string[] {
  const operations = Object.entries((document as Document).paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [`${method} ${path}`, operation] as const),
  )
  const ids = operations.map(([, { operationId }]) => operationId)
  const faults = operations.flatMap(([name, operation]) => {
    const { operationId = '', tags = [], summary = '', security = [], requestBody, responses } = operation
    const lacking = [
      ...(requestBody ? ['400', '413', '415'] : []),
      ...(security.length > 0 && !security.some((one) => Object.keys(one).length === 0)
        ? ['401', '429']
        : []),
    ].filter((status) => !(status in responses))
    const linked = Object.values(responses).flatMap(({ links = {} }) => Object.values(links))
    return [
      ...(/^[a-z][A-Za-z]+$/.test(operationId) ? [] : ['has no name']),
      ...(ids.indexOf(operationId) === ids.lastIndexOf(operationId) ? [] : ['shares its name']),
      ...(tags.length === 1 && summary !== '' ? [] : ['has no tag or no summary']),
      ...lacking.map((status) => `does not tell of ${status}`),
      ...linked.flatMap((link) => (ids.includes(link.operationId) ? [] : [`leads to ${link.operationId}`])),
    ].map((fault) => `${name} ${fault}`)
  })
  return [...faults, ...danglingReferences(document)]
}

function danglingReferences(document: unknown): string[] {
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(
    ([, path = '']) => path,
  )
  const resolve = (path: string) =>
    path
      .split('/')
      .reduce<unknown>((place, step) => (place as Record<string, unknown> | undefined)?.[step], document)
  const leadsNowhere = (path: string) => {
    const target = resolve(path) as { $ref?: string } | undefined
    return target === undefined || target.$ref === `#/${path}`
  }
  return [...new Set(references)].filter(leadsNowhere).map((path) => `nothing is at ${path}`)
}
