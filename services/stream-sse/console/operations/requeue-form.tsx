import { type SubmitEvent, useState } from 'react'
import { Button } from '../parts/button.tsx'
import { TextField } from '../parts/field.tsx'
import { FormEnd } from '../parts/form-end.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { Panel } from '../parts/panel.tsx'
import { readForm } from '../parts/read-form.ts'
import { useService } from '../parts/service.tsx'
import { useDeed } from '../parts/use-deed.ts'
import type { OpenedLetter } from './dead-letter-page.tsx'
import { ParamFields } from './param-fields.tsx'
import { paramsOf } from './params-of.ts'
import { useCatalogue } from './use-catalogue.ts'

export interface RequeueFormProps {
  readonly letter: OpenedLetter
  readonly onDone: () => void
}

/** Another round, as it was sent or edited: field by field, or as JSON where the fields do not suffice. */
export function RequeueForm({ letter, onDone }: RequeueFormProps) {
  const { ask } = useService()
  const catalogue = useCatalogue()
  const deed = useDeed()
  const [isJson, setJson] = useState(false)
  const [syntaxError, setSyntaxError] = useState<string>()
  const schema = catalogue.data?.actions.find(({ name }) => name === letter.action)?.params

  async function requeue(event: SubmitEvent<HTMLFormElement>): Promise<void> {
    const read = readForm(event)
    const params = isJson ? parsedObject(read('json')) : paramsOf(schema, letter.params, read)
    setSyntaxError(params === undefined ? 'This is not a JSON object.' : undefined)
    if (params === undefined) return
    const isSame = JSON.stringify(params) === JSON.stringify(letter.params)
    const body = {
      ...(!isSame && { params }),
      ...(read('confirm') === 'not-applied' && { confirm: 'not-applied' }),
    }
    const path = `/tebra/dead-letters/${letter.id}/requeue`
    if (await deed.run(() => ask(path, { method: 'POST', body }))) onDone()
  }
  const names = Object.keys(schema?.properties ?? {})
  return (
    <Panel
      title="Give it another round"
      text="Under the name of who asked for it. What you change is checked before it is queued."
      actions={
        <Button onClick={() => setJson(!isJson)}>{isJson ? 'Edit the fields' : 'Edit as JSON'}</Button>
      }
    >
      <form method="post" className="form panel-body" onSubmit={(event) => void requeue(event)}>
        <Loaded of={catalogue} data={schema}>
          {(known) =>
            isJson ? (
              <TextField
                label="Params"
                name="json"
                isCode
                rows={10}
                defaultValue={JSON.stringify(letter.params, null, 2)}
                error={syntaxError}
              />
            ) : (
              <ParamFields schema={known} params={letter.params} errors={deed.fieldErrors} />
            )
          }
        </Loaded>
        {letter.confirmRequired && (
          <label className="tick">
            <input type="checkbox" name="confirm" value="not-applied" required />
            <span>I have looked in Tebra, and it was not written.</span>
          </label>
        )}
        <FormEnd
          deed={deed}
          fields={isJson ? [] : names.map((name) => `params.${name}`)}
          kind="primary"
          verb="Requeue"
          busyVerb="Requeueing…"
          isIdle={schema === undefined}
        />
      </form>
    </Panel>
  )
}

function parsedObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
  } catch {
    return undefined
  }
}
