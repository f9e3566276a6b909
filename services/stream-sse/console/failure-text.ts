import { ServiceError } from '#lib/client/service-error.ts'
import { TebraCallError } from '#lib/client/tebra-call-error.ts'

const texts: Readonly<Record<string, string>> = {
  network: 'The service could not be reached. Check the network connection of this computer.',
  timeout: 'Tebra has not answered in time. The request may still end; try again in a moment.',
  dead: 'Tebra did not answer after several tries.',
  uncertain: 'It is not clear whether Tebra took the request.',
  cancelled: 'The request was cancelled.',
  forbidden: 'Your role does not permit this any more.',
  'too-many-requests': 'There were too many requests in a short time. Wait a moment.',
  'queue-full': 'The queue to Tebra is full at the moment.',
  'redis-unavailable': 'The service cannot reach its store at the moment.',
  'not-durable': 'The service could not store the request safely.',
  draining: 'The service is being restarted. Try again in a moment.',
  internal: 'Something went wrong on our side.',
  'unexpected-answer': 'The service answered in a way this page does not understand.',
}

/** What a person reads of a failure, and the code a support call needs. */
export function failureText(error: unknown): { readonly text: string; readonly code: string } {
  const isOurs = error instanceof TebraCallError || error instanceof ServiceError
  if (!isOurs) return { text: texts.internal ?? '', code: 'internal' }
  return { text: texts[error.code] ?? sentence(error.message), code: error.code }
}

/** Whether the server refused because nobody is signed in any more. */
export const isSessionEnd = (error: unknown): boolean =>
  (error instanceof TebraCallError && error.httpStatus === 401) ||
  (error instanceof ServiceError && error.status === 401)

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`)
