import { ServiceError } from '#lib/client/service-error.ts'
import { TebraCallError } from '#lib/client/tebra-call-error.ts'
import { NoPasskey } from './passkey-prompt.ts'

const texts: Readonly<Record<string, string>> = {
  network: 'The service could not be reached. Check the network connection of this computer.',
  timeout: 'Tebra has not answered in time. The request may still end; try again in a moment.',
  dead: 'Tebra did not answer after several tries.',
  uncertain: 'It is not clear whether Tebra took the request.',
  cancelled: 'The request was cancelled.',
  forbidden: 'Your role does not permit this any more.',
  'step-up-required': 'It was not done, because it was not confirmed that it is you.',
  unauthenticated: 'Your session has ended.',
  'version-conflict': 'Somebody else changed this meanwhile. Load it again and look.',
  'already-exists': 'There is one of that name already.',
  'already-linked': 'That account opens another user’s here.',
  'last-admin': 'Nobody would be left who may manage users.',
  'second-factor-required': 'Your role demands a second factor: set up another one first.',
  'not-a-dead-letter': 'Somebody else dealt with it meanwhile.',
  'passkey-refused': 'This passkey is registered already, or there are too many.',
  'invalid-request': 'Some of what was given is missing or wrong.',
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
  if (error instanceof NoPasskey)
    return { text: 'The browser gave no passkey. Try again.', code: 'no-passkey' }
  const isOurs = error instanceof TebraCallError || error instanceof ServiceError
  if (error instanceof DOMException && error.name === 'TimeoutError')
    return { text: 'The service did not answer in time. Try again in a moment.', code: 'timeout' }
  if (!isOurs) return { text: texts.internal ?? '', code: 'internal' }
  return { text: texts[error.code] ?? sentence(error.message), code: error.code }
}

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`)
