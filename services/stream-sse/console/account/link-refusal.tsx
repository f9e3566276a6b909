import { Notice } from '../parts/notice.tsx'

const refusals: Readonly<Record<string, string>> = {
  'already-linked': 'That account opens somebody else’s here. Sign in there as yourself, then try again.',
  'too-many-identities': 'No more accounts can be linked to yours. Remove one first.',
  'provider-unavailable': 'The other service does not answer at the moment. Try again shortly.',
}
const otherRefusal = 'The other service did not confirm who you are. Try again, or ask an administrator.'

/** Why an account elsewhere was not linked; above everything, for who comes back has left the page in between. */
export function LinkRefusal({ code }: { readonly code: string }) {
  return (
    <Notice tone="warn" title="That account was not linked" isAnnounced>
      <p>{refusals[code] ?? otherRefusal}</p>
    </Notice>
  )
}
