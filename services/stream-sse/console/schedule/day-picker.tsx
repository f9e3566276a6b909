import { useEffect, useState } from 'react'
import { shiftDay } from '../parts/clinic-time.ts'

export interface DayPickerProps {
  readonly date: string
  readonly today: string
  readonly onChoose: (date: string) => void
}

/** While somebody types a date, each half-typed one would otherwise become a request to Tebra. */
const settleMs = 700

/** Back, today, on, or any day by its date. */
export function DayPicker({ date, today, onChoose }: DayPickerProps) {
  const [typed, setTyped] = useState<string>()
  useEffect(() => {
    if (typed === undefined || typed === date || !/^20\d\d-/.test(typed)) return
    const timer = setTimeout(() => {
      setTyped(undefined)
      onChoose(typed)
    }, settleMs)
    return () => clearTimeout(timer)
  }, [typed, date, onChoose])

  return (
    <fieldset className="day-picker">
      <legend className="visually-hidden">Day</legend>
      <button
        type="button"
        className="button button-icon"
        aria-label="Previous day"
        onClick={() => onChoose(shiftDay(date, -1))}
      >
        <Chevron path="M10 3 5 8l5 5" />
      </button>
      <button
        type="button"
        className="button button-small"
        aria-pressed={date === today}
        onClick={() => onChoose(today)}
      >
        Today
      </button>
      <button
        type="button"
        className="button button-icon"
        aria-label="Next day"
        onClick={() => onChoose(shiftDay(date, 1))}
      >
        <Chevron path="m6 3 5 5-5 5" />
      </button>
      <input
        type="date"
        aria-label="Go to a day"
        value={typed ?? date}
        onChange={(event) => setTyped(event.target.value)}
        onBlur={() => setTyped(undefined)}
      />
    </fieldset>
  )
}

function Chevron({ path }: { readonly path: string }) {
  return (
    <svg viewBox="0 0 16 16" aria-hidden="true" focusable="false" className="icon">
      <path d={path} />
    </svg>
  )
}
