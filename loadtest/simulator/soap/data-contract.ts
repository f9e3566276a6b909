import { type Contract, type Kind, kareo, type Member } from './contracts.ts'
import { deserializationFailed } from './soap-fault.ts'
import type { XmlElement } from './xml-reader.ts'

/** What was read of a request. A member that was absent, dropped or nil is not there. */
export type Members = { [name: string]: string | readonly string[] | Members | undefined }

export type ReadResult = { members: Members; dropped: string[] }

const arrays = 'http://schemas.microsoft.com/2003/10/Serialization/Arrays'
const xsDateTime = /^-?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?$/

const formats: Readonly<Record<'long' | 'boolean' | 'dateTime', { accepts: RegExp; type: string }>> = {
  long: { accepts: /^[+-]?\d+$/, type: 'Int64' },
  boolean: { accepts: /^(true|false|0|1)$/, type: 'Boolean' },
  dateTime: { accepts: xsDateTime, type: 'DateTime' },
}

const readValue = (element: XmlElement, kind: Kind, path: string, dropped: string[]): Members[string] => {
  if (kind === 'text') return element.text
  if (kind === 'any') return ''
  if (kind === 'longs') {
    return element.children
      .filter((item) => item.name === 'long' && item.namespace === arrays)
      .map((item) => item.text)
  }
  if (typeof kind === 'object' && 'members' in kind) return readMembers(element, kind, path, dropped)
  const text = element.text.trim()
  if (typeof kind === 'object') {
    if (kind.oneOf.includes(text)) return text
    throw deserializationFailed(
      `Invalid enum value '${text}' cannot be deserialized into the type of '${element.name}'.`,
    )
  }
  if (formats[kind].accepts.test(text)) return text
  throw deserializationFailed(
    `There was an error deserializing '${element.name}'. The value '${text}' cannot be parsed as the type '${formats[kind].type}'.`,
  )
}

const namespaceOf = (member: Member) => member.namespace ?? kareo

const readMembers = (element: XmlElement, contract: Contract, path: string, dropped: string[]): Members => {
  const found: Members = {}
  let position = -1
  for (const child of element.children) {
    const index = contract.members.findIndex(
      (member, at) => at > position && member.name === child.name && namespaceOf(member) === child.namespace,
    )
    const member = contract.members[index]
    const childPath = `${path}/${child.name}`
    if (member === undefined) {
      dropped.push(childPath)
      continue
    }
    position = index
    if (!child.nil) found[member.name] = readValue(child, member.kind, childPath, dropped)
  }
  const missing = contract.members.find((member) => member.required && found[member.name] === undefined)
  if (missing) {
    throw deserializationFailed(
      `'EndElement' '${element.name}' from namespace '${element.namespace}' is not expected. Expecting element '${missing.name}'.`,
    )
  }
  return found
}

/**
 * Reads a request as WCF's DataContractSerializer does: each member is looked for only behind the last one found, and
 * what is unknown, out of order or in another namespace is passed over without a word (observed live behaviour).
 */
export const readContract = (element: XmlElement, contract: Contract): ReadResult => {
  const dropped: string[] = []
  return { members: readMembers(element, contract, element.name, dropped), dropped }
}

/** A member as text; undefined when it is absent or blank. */
export const textOf = (members: Members | undefined, name: string): string | undefined => {
  const value = members?.[name]
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined
}

/** A member that has members of its own. */
export const membersOf = (members: Members, name: string): Members | undefined => {
  const value = members[name]
  return typeof value === 'object' && !Array.isArray(value) ? (value as Members) : undefined
}
