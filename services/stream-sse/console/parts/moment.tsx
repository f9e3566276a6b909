const near = new Intl.DateTimeFormat('en-US', {
  month: 'short',
  day: 'numeric',
  hour: 'numeric',
  minute: '2-digit',
  second: '2-digit',
})

/** An instant by this computer's clock; the exact one, in UTC, when pointed at. */
export function Moment({ at }: { readonly at: string }) {
  return (
    <time dateTime={at} title={at} className="moment">
      {near.format(new Date(at))}
    </time>
  )
}
