import { escapeXml } from './xml-writer.ts'

/** The faults that the WCF dispatcher answers with HTTP 500 (observed live behaviour). */
export type FaultCode = 'ActionNotSupported' | 'DeserializationFailed' | 'InternalServiceFault'

/** Thrown where the dispatcher or the deserializer gives up; answered as a SOAP 1.1 fault. */
export class SoapFault extends Error {
  readonly code: FaultCode
  constructor(code: FaultCode, message: string) {
    super(message)
    this.code = code
  }
}

const faultNamespaces: Readonly<Record<FaultCode, string>> = {
  ActionNotSupported: 'http://schemas.microsoft.com/ws/2005/05/addressing/none',
  DeserializationFailed: 'http://schemas.microsoft.com/net/2005/12/windowscommunicationfoundation/dispatcher',
  InternalServiceFault: 'http://schemas.microsoft.com/net/2005/12/windowscommunicationfoundation/dispatcher',
}

export const internalServiceFault = () =>
  new SoapFault(
    'InternalServiceFault',
    'The server was unable to process the request due to an internal error.  For more information about the error, either turn on IncludeExceptionDetailInFaults on the server in order to send the exception information back to the client, or turn on tracing and inspect the server trace logs.',
  )

export const deserializationFailed = (reason: string) =>
  new SoapFault(
    'DeserializationFailed',
    `The formatter threw an exception while trying to deserialize the message: There was an error while trying to deserialize parameter http://www.kareo.com/api/schemas/:request. The InnerException message was '${reason}'.  Please see InnerException for more details.`,
  )

export const writeFault = ({ code, message }: SoapFault): string =>
  `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode xmlns:a="${faultNamespaces[code]}">a:${code}</faultcode><faultstring xml:lang="en-US">${escapeXml(message)}</faultstring></s:Fault></s:Body></s:Envelope>`
