import { v7 as uuidv7 } from 'uuid'
import { expect, test } from 'vitest'
import { userHandleOf, userOfHandle } from './user-handle.ts'

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url')

test.each(['north', '0', 'x'.repeat(32)])(
  'a handle leads back to the user of %s, in at most 64 bytes',
  (practiceId) => {
    const user = { practiceId, userId: uuidv7() }
    expect(userHandleOf(user).length).toBeLessThanOrEqual(64)
    expect(userOfHandle(text(userHandleOf(user)))).toEqual(user)
  },
)

test.each(['', 'AAAA', text(new Uint8Array(64)), text(new TextEncoder().encode('sixteen bytes ..{p:x}'))])(
  'the handle %j is nobody’s',
  (handle) => {
    expect(userOfHandle(handle)).toBeUndefined()
  },
)
