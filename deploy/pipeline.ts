import { parse } from 'yaml'
import { z } from 'zod'

const Step = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]*$/),
  name: z.string(),
  waitFor: z.array(z.string()).optional(),
  entrypoint: z.string(),
  args: z.array(z.string()).min(1),
  env: z.array(z.string().regex(/^[A-Z][A-Z0-9_]*=/)).optional(),
  secretEnv: z.array(z.string()).optional(),
})
type Step = z.infer<typeof Step>

/** The part of Cloud Build's configuration this pipeline uses; anything else in the file is a mistake. */
export const Pipeline = z.strictObject({
  substitutions: z.record(z.string().regex(/^_[A-Z0-9_]+$/), z.string()),
  steps: z.array(Step).min(1),
  availableSecrets: z.strictObject({
    secretManager: z.array(z.strictObject({ versionName: z.string(), env: z.string() })),
  }),
  images: z.array(z.string()).min(1),
  serviceAccount: z.string(),
  timeout: z.string().regex(/^[0-9]+s$/),
  options: z.strictObject({
    requestedVerifyOption: z.literal('VERIFIED'),
    sourceProvenanceHash: z.tuple([z.literal('SHA256')]),
    substitutionOption: z.literal('MUST_MATCH'),
    logging: z.literal('CLOUD_LOGGING_ONLY'),
    machineType: z.string(),
    env: z.array(z.string()),
  }),
})
export type Pipeline = z.infer<typeof Pipeline>

export const readPipeline = (text: string): Pipeline => Pipeline.parse(parse(text))

/** What Cloud Build itself puts in; cloud.google.com/build/docs/configuring-builds/substitute-variable-values */
const builtIn = new Set(['PROJECT_ID', 'BUILD_ID', 'COMMIT_SHA', 'SHORT_SHA'])

/** Names after a single `$`, which Cloud Build replaces; `$$` is the shell's. */
const substitutionsIn = (text: string): string[] =>
  [...text.replaceAll('$$', '').matchAll(/\$\{?([A-Za-z_][A-Za-z0-9_]*)/g)].map((match) => match[1] ?? '')

/** A `$` that is neither Cloud Build's nor doubled: `$(…)`, `$1`, `$@` and their like never reach the shell. */
const strayDollars = (text: string): string[] =>
  text.replaceAll('$$', '').match(/\$(?!\{?[A-Z_])[^\s]{0,10}/g) ?? []

/** The shell text of a step after Cloud Build's own replacement, or undefined where it runs no shell. */
export function scriptOf(step: Step, substitutions: Readonly<Record<string, string>>): string | undefined {
  if (step.entrypoint !== 'bash') return undefined
  return (step.args.at(-1) ?? '').replace(/\$\$|\$\{?([A-Z_][A-Z0-9_]*)\}?/g, (whole, name?: string) =>
    whole === '$$' ? '$' : (substitutions[name ?? ''] ?? 'replaced'),
  )
}

/** Everything that Cloud Build would refuse or silently get wrong, in words; empty when the pipeline is sound. */
export function problemsOf(pipeline: Pipeline): string[] {
  const { substitutions, ...rest } = pipeline
  const text = JSON.stringify(rest)
  const used = new Set(substitutionsIn(text))
  const ids = pipeline.steps.map((step) => step.id)
  const secrets = new Set(pipeline.availableSecrets.secretManager.map((secret) => secret.env))
  return [
    ...[...used]
      .filter((name) => !builtIn.has(name) && !(name in substitutions))
      .map((name) => `$${name} is not declared; is it the shell's and needs $$?`),
    ...Object.keys(substitutions)
      .filter((name) => !used.has(name))
      .map((name) => `${name} is declared and not used`),
    ...strayDollars(text).map((found) => `${found} needs $$ to reach the shell`),
    ...ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => `two steps are named ${id}`),
    ...pipeline.steps.flatMap((step, index) =>
      (step.waitFor ?? [])
        .filter((id) => id !== '-' && !ids.slice(0, index).includes(id))
        .map((id) => `${step.id} waits for ${id}, which no step before it is`),
    ),
    ...pipeline.steps.flatMap((step) =>
      (step.secretEnv ?? [])
        .filter((name) => !secrets.has(name))
        .map((name) => `${step.id} reads the secret ${name}, which is not available`),
    ),
  ]
}
