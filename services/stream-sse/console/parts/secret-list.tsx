import { Button } from './button.tsx'

/** Secrets that are shown this once, to be copied or written down. */
export function SecretList({
  name,
  secrets,
}: {
  readonly name: string
  readonly secrets: readonly string[]
}) {
  return (
    <div className="secrets">
      <ul aria-label={name}>
        {secrets.map((secret) => (
          <li key={secret}>
            <code>{secret}</code>
          </li>
        ))}
      </ul>
      <Button onClick={() => void navigator.clipboard.writeText(secrets.join('\n'))}>Copy</Button>
    </div>
  )
}
