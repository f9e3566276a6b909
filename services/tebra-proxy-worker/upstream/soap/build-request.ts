import type { TebraCredentials } from '../upstream.ts'
import { type Members, writeMembers } from './write-xml.ts'

const kareo = 'http://www.kareo.com/api/schemas/'
// Members of the ServiceLocation and ProcedureCode request types lack the slash (Tebra WSDL).
const withoutSlash = /^Get(ServiceLocations|ProcedureCodes?)$/

/** `"…/KareoServices/<Operation>"`, the quotes included: without them the dispatcher does not know the action. */
export const soapAction = (operation: string): string => `"${kareo}KareoServices/${operation}"`

/** SOAP 1.1, document/literal. The credentials stand in the body, not in soap:Header (Tebra technical guide, April 2025). */
export function buildRequest(operation: string, members: Members, credentials: TebraCredentials): string {
  const { customerKey, password, user } = credentials
  const account = { CustomerKey: customerKey, Password: password, User: user }
  // This one request does not extend the base type: in any other shape it answers customer −1 (observed live).
  const flat = operation === 'GetCustomerIdFromKey'
  const content = writeMembers(flat ? account : { RequestHeader: account, ...members }, (name) =>
    name !== 'RequestHeader' && withoutSlash.test(operation) ? ` xmlns="${kareo.slice(0, -1)}"` : '',
  )
  return `<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><${operation} xmlns="${kareo}"><request>${content}</request></${operation}></s:Body></s:Envelope>`
}
