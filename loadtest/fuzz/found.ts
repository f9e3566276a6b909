import type { Stack } from '../../deploy/local/stack.ts'
import { misbehave } from '../../deploy/local/testing/stack.ts'
import { post } from '../sign-in.ts'

/** What a run can name in a path; ids made up at random are never found. */
export interface Found {
  /** A request that has ended well. */
  readonly ended: string
  /** Dead letters: one to read, one to requeue, one to resolve. */
  readonly dead: readonly [string, string, string]
  /** Users: one to change, one to remove. */
  readonly users: readonly [string, string]
}

/** Makes them, the requests with the operator's session and the users with the administrator's. */
export async function makeFindable(
  stack: Stack,
  { operator, administrator }: Readonly<Record<'operator' | 'administrator', string>>,
): Promise<Found> {
  const request = (action: string, end: string) => submit(stack, operator, action, end)
  const ended = await request('getProviders', 'success')
  await misbehave(stack, { kind: 'malformed-xml' })
  const deadLetter = () => request('testConnection', 'dead')
  const dead = await Promise.all([deadLetter(), deadLetter(), deadLetter()])
  await misbehave(stack)
  return { ended, dead, users: [await hire(stack, administrator, 1), await hire(stack, administrator, 2)] }
}

async function submit(stack: Stack, token: string, action: string, end: string): Promise<string> {
  const id = idOf(await post(`${stack.baseUrl}/tebra/requests`, { action }, token))
  const answer = await fetch(`${stack.baseUrl}/tebra/requests/${id}?wait=30`, {
    headers: { Authorization: `Bearer ${token}` },
  })
  const { status } = (await answer.json()) as { status?: unknown }
  if (status !== end) throw new Error(`${action} was to end as ${end}, and did as ${status}`)
  return id
}

const hire = async (stack: Stack, token: string, number: number) =>
  idOf(
    await post(
      `${stack.baseUrl}/auth/users`,
      { email: `hired${number}@clinic.example`, password: crypto.randomUUID(), roles: ['clinician'] },
      token,
    ),
  )

function idOf({ id, code }: Record<string, unknown>): string {
  if (typeof id !== 'string') throw new Error(`nothing was made: ${code}`)
  return id
}
