import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'

export type Quoting = 'no' | 'soap-fault' | 'error-answer' | 'web-page'

const inXml = (part: string) => part.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/**
 * Stands before the simulator. When told to, it answers with a failure that quotes everything it was sent, names and
 * account password included, as real upstreams do in their worst moments.
 */
export async function startQuotingUpstream() {
  let quoting: Quoting = 'no'
  let target: string | undefined
  let quoted = 0
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await text(request)
    const said = inXml(`cannot read: ${request.method} ${request.url} ${body}`)
    if (quoting !== 'no') quoted += 1
    if (quoting === 'soap-fault') {
      response.writeHead(500, { 'Content-Type': 'text/xml; charset=utf-8' })
      return void response.end(
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault>' +
          `<faultcode>s:Server</faultcode><faultstring xml:lang="en-US">${said}</faultstring>` +
          '</s:Fault></s:Body></s:Envelope>',
      )
    }
    if (quoting === 'error-answer') {
      const [, operation = 'GetPatient'] = /<(?:\w+:)?Body[^>]*>\s*<(?:\w+:)?(\w+)/.exec(body) ?? []
      response.writeHead(200, { 'Content-Type': 'text/xml; charset=utf-8' })
      return void response.end(
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>' +
          `<${operation}Response xmlns="http://www.kareo.com/api/schemas/"><${operation}Result>` +
          `<ErrorResponse><ErrorMessage>${said}</ErrorMessage><IsError>true</IsError></ErrorResponse>` +
          `</${operation}Result></${operation}Response></s:Body></s:Envelope>`,
      )
    }
    if (quoting === 'web-page') {
      response.writeHead(502, `Bad gateway`, {
        'Content-Type': 'text/html',
        'X-Quote': encodeURIComponent(body).slice(0, 4_000),
      })
      return void response.end(`<html><h1>502</h1><pre>${said}</pre></html>`)
    }
    if (target === undefined) return void response.writeHead(503).end()
    const passedOn = await fetch(`${target}${request.url}`, {
      method: request.method ?? 'POST',
      headers: Object.entries(request.headers).flatMap(([name, value]): [string, string][] =>
        typeof value === 'string' && !/^(host|connection|content-length)$/.test(name) ? [[name, value]] : [],
      ),
      body,
    })
    response.writeHead(passedOn.status, {
      'Content-Type': passedOn.headers.get('Content-Type') ?? 'text/xml',
    })
    response.end(Buffer.from(await passedOn.arrayBuffer()))
  }
  // A simulator that is gone, as it is while the stack stops, is told as a cut connection.
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy())
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    url: `http://127.0.0.1:${address.port}/services/soap/2.1/KareoServices.svc`,
    /** Answers go on from there while nothing is quoted. */
    standBefore(simulatorUrl: string) {
      target = simulatorUrl
    },
    quote(how: Quoting) {
      quoting = how
    },
    timesQuoted: () => quoted,
    async stop() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}
