import type { SubmitEvent } from 'react'

/** Keeps the page from leaving and gives the form's texts by their names, trimmed. */
export function readForm(event: SubmitEvent<HTMLFormElement>): (name: string) => string {
  event.preventDefault()
  const data = new FormData(event.currentTarget)
  return (name) => {
    const value = data.get(name)
    return typeof value === 'string' ? value.trim() : ''
  }
}

/** The names of the boxes that are ticked in a group. */
export const tickedIn = (form: HTMLFormElement, name: string): string[] =>
  new FormData(form).getAll(name).filter((value) => typeof value === 'string')
