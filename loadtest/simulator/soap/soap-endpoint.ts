import type { Context } from 'hono'
import type { Call } from '../counters.ts'
import { type Reply, serveCall } from '../serve-call.ts'
import type { Simulator } from '../simulator.ts'
import { answerOperation } from '../upstream/answer-operation.ts'
import { operations } from '../upstream/operations.ts'
import { kareo, requestContracts } from './contracts.ts'
import { membersOf, type ReadResult, readContract, textOf } from './data-contract.ts'
import { deserializationFailed, internalServiceFault, SoapFault, writeFault } from './soap-fault.ts'
import { readXml, type XmlElement } from './xml-reader.ts'
import { type Tree, writeTree } from './xml-writer.ts'

const envelopeNamespace = 'http://schemas.xmlsoap.org/soap/envelope/'
const actionPrefix = `${kareo}KareoServices/`
const xmlType = 'text/xml; charset=utf-8'

const child = (parent: XmlElement | undefined, name: string, namespace: string) =>
  parent?.children.find((element) => element.name === name && element.namespace === namespace)

const faultReply = (fault: SoapFault): Reply => ({
  status: 500,
  type: xmlType,
  body: writeFault(fault),
  outcome: `fault ${fault.code}`,
})

/** The operation of a quoted SOAPAction, or undefined when no dispatcher would know it. */
const operationOf = (soapAction: string | undefined): string | undefined => {
  if (!soapAction?.startsWith(`"${actionPrefix}`) || !soapAction.endsWith('"')) return undefined
  const operation = soapAction.slice(actionPrefix.length + 1, -1)
  return Object.hasOwn(operations, operation) ? operation : undefined
}

const readRequest = (operation: string, text: string): ReadResult => {
  const envelope = readXml(text)
  if (!envelope) throw internalServiceFault()
  const body =
    envelope.namespace === envelopeNamespace ? child(envelope, 'Body', envelopeNamespace) : undefined
  const wrapper = child(body, operation, kareo)
  if (!wrapper) {
    throw deserializationFailed(
      `OperationFormatter encountered an invalid Message body. Expected to find node type 'Element' with name '${operation}' and namespace '${kareo}'.`,
    )
  }
  const request = child(wrapper, 'request', kareo)
  const contract = requestContracts[operation]
  // Without its parameter the service runs into a null that nobody catches.
  if (!request || !contract) throw internalServiceFault()
  return readContract(request, contract)
}

const attempt = (operation: string | undefined, text: string): ReadResult | SoapFault => {
  if (operation === undefined) {
    const message =
      'The message with this Action cannot be processed at the receiver, due to a ContractFilter mismatch at the EndpointDispatcher. This may be because of either a contract mismatch (mismatched Actions between sender and receiver) or a binding/security mismatch between the sender and the receiver.'
    return new SoapFault('ActionNotSupported', message)
  }
  try {
    return readRequest(operation, text)
  } catch (error) {
    if (error instanceof SoapFault) return error
    throw error
  }
}

const envelopeOf = (operation: string, result: Tree) =>
  `<s:Envelope xmlns:s="${envelopeNamespace}"><s:Body><${operation}Response xmlns="${kareo}"><${operation}Result xmlns:i="http://www.w3.org/2001/XMLSchema-instance">${writeTree(result)}</${operation}Result></${operation}Response></s:Body></s:Envelope>`

/** SOAP 1.1, document/literal, as KareoServices.svc answers it (Tebra technical guide, April 2025). */
export const serveSoap =
  (state: Simulator) =>
  async (c: Context): Promise<Response> => {
    const contentType = c.req.header('Content-Type') ?? ''
    if (!/^text\/xml\s*(;|$)/i.test(contentType)) {
      return c.text(
        `Cannot process the message because the content type '${contentType}' was not the expected type '${xmlType}'.`,
        415,
      )
    }
    const soapAction = c.req.header('SOAPAction')
    const operation = operationOf(soapAction)
    const read = attempt(operation, await c.req.text())
    const name = operation ?? soapAction?.replaceAll('"', '').split('/').at(-1) ?? ''
    const correlationId = c.req.header('X-Correlation-Id')
    const header =
      read instanceof SoapFault ? undefined : (membersOf(read.members, 'RequestHeader') ?? read.members)
    const account = textOf(header, 'CustomerKey')
    return serveCall(state, {
      target: { form: 'soap', names: [name], ...(account === undefined ? {} : { account }) },
      operation: name,
      signal: c.req.raw.signal,
      ...(correlationId === undefined ? {} : { correlationId }),
      describe: (call: Call) => {
        if (account !== undefined) call.account = account
        if (!(read instanceof SoapFault) && read.dropped.length > 0) call.dropped = read.dropped
      },
      outage: () => ({
        status: 503,
        type: 'text/html',
        body: '<h2>Service Unavailable</h2>',
        outcome: 'outage',
      }),
      answer: (call, faults) => {
        if (read instanceof SoapFault) return faultReply(read)
        try {
          const { result, outcome } = answerOperation(state, name, read.members, call, faults)
          return { status: 200, type: xmlType, body: envelopeOf(name, result), outcome }
        } catch (error) {
          if (error instanceof SoapFault) return faultReply(error)
          throw error
        }
      },
    })
  }
