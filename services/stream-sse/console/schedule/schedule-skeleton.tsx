const rows = ['a', 'b', 'c', 'd', 'e', 'f']

/** The outline of a day while the first answer is on its way. */
export function ScheduleSkeleton() {
  return (
    <div className="skeleton" aria-hidden="true" data-testid="skeleton">
      {rows.map((row) => (
        <div key={row} className="skeleton-row">
          <span className="bone bone-time" />
          <span className="bone bone-name" />
          <span className="bone bone-wide" />
          <span className="bone bone-chip" />
        </div>
      ))}
    </div>
  )
}
