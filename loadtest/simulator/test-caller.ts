import { demoAccount } from './accounts.ts'
import { createSimulator, phpPath, soapPath } from './app.ts'
import type { SimulatorOptions } from './simulator.ts'
import { readXml, type XmlElement } from './soap/xml-reader.ts'
import { escapeXml } from './soap/xml-writer.ts'

/** 2026-03-10 09:00 in New York, daylight saving time. */
export const testNow = Date.UTC(2026, 2, 10, 13)

export const headerXml = (account: { customerKey: string; user: string; password: string } = demoAccount) =>
  `<k:RequestHeader><k:CustomerKey>${escapeXml(account.customerKey)}</k:CustomerKey>` +
  `<k:Password>${escapeXml(account.password)}</k:Password><k:User>${escapeXml(account.user)}</k:User></k:RequestHeader>`

export const envelopeXml = (operation: string, request: string) =>
  `<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" ` +
  `xmlns:k="http://www.kareo.com/api/schemas/" xmlns:n="http://www.kareo.com/api/schemas" ` +
  `xmlns:arr="http://schemas.microsoft.com/2003/10/Serialization/Arrays"><soap:Body>` +
  `<k:${operation}><k:request>${request}</k:request></k:${operation}></soap:Body></soap:Envelope>`

export const soapHeaders = (operation: string) => ({
  'Content-Type': 'text/xml; charset=utf-8',
  SOAPAction: `"http://www.kareo.com/api/schemas/KareoServices/${operation}"`,
})

/** Members given in order as `<k:Name>value</k:Name>`. */
export const membersXml = (members: Record<string, string | number | boolean>) =>
  Object.entries(members)
    .map(([name, value]) => `<k:${name}>${escapeXml(String(value))}</k:${name}>`)
    .join('')

export const listXml = (filter: Record<string, string | number> = {}) =>
  `${headerXml()}<k:Fields/><k:Filter>${membersXml(filter)}</k:Filter>`

export const appointmentXml = (members: string) => `${headerXml()}<k:Appointment>${members}</k:Appointment>`

/** Every element of that name, at any depth. */
export const all = (element: XmlElement | undefined, name: string): XmlElement[] =>
  element
    ? element.children.flatMap((child) => [...(child.name === name ? [child] : []), ...all(child, name)])
    : []

export const textIn = (element: XmlElement | undefined, name: string): string | undefined =>
  all(element, name)[0]?.text

/** A simulator with limits off and a clock that only the test moves. */
export const createCaller = (options: Partial<SimulatorOptions> = {}) => {
  let nowMs = testNow
  const { app, state } = createSimulator({
    clock: { now: () => nowMs, sleep: async () => {} },
    seed: 'test',
    accounts: [demoAccount],
    timeZone: 'America/New_York',
    ...options,
  })
  state.limits.configure({ scale: 0 })
  const send = (
    operation: string,
    request: string,
    headers: Record<string, string> = {},
    init: RequestInit = {},
  ) =>
    app.request(soapPath, {
      method: 'POST',
      body: envelopeXml(operation, request),
      headers: { ...soapHeaders(operation), ...headers },
      ...init,
    })
  return {
    app,
    state,
    send,
    advance: (ms: number) => {
      nowMs += ms
    },
    setNow: (ms: number) => {
      nowMs = ms
    },
    soap: async (operation: string, request: string, headers: Record<string, string> = {}) => {
      const response = await send(operation, request, headers)
      const text = await response.text()
      const xml = readXml(text)
      return {
        status: response.status,
        text,
        xml,
        error: textIn(xml, 'ErrorMessage'),
        isError: textIn(xml, 'IsError'),
      }
    },
    php: async (
      action: string,
      params: Record<string, unknown> = {},
      headers: Record<string, string> = {},
    ) => {
      const response = await app.request(phpPath, {
        method: 'POST',
        body: JSON.stringify({ action, params }),
        headers: { 'X-API-Key': 'demo-php-key', ...headers },
      })
      const text = await response.text()
      return {
        status: response.status,
        type: response.headers.get('Content-Type'),
        text,
        body: JSON.parse(text),
      }
    },
    control: (method: string, path: string, body?: unknown) =>
      app.request(`/control/${path}`, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
  }
}

export const createXml = (members: Record<string, string | number | boolean> = {}, patientId = 10_001) => {
  const { AppointmentReasonId, Notes, PatientCaseId, ...rest } = members
  const optional = (name: string, value: string | number | boolean | undefined) =>
    value === undefined ? '' : membersXml({ [name]: value })
  const { AppointmentStatus, EndTime, StartTime } = {
    AppointmentStatus: 'Scheduled',
    StartTime: '2026-03-11T14:00:00Z',
    EndTime: '2026-03-11T14:30:00Z',
    ...rest,
  }
  return appointmentXml(
    optional('AppointmentReasonId', AppointmentReasonId) +
      membersXml({ AppointmentStatus, AppointmentType: 'P', EndTime, IsRecurring: false }) +
      optional('Notes', Notes) +
      optional('PatientCaseId', PatientCaseId) +
      `<k:PatientSummary>${membersXml({ PatientId: patientId })}</k:PatientSummary>` +
      membersXml({ PracticeId: 1, ProviderId: 101, ServiceLocationId: 11, StartTime }),
  )
}
