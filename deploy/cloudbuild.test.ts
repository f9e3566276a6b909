import { spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { type Pipeline, problemsOf, readPipeline, scriptOf } from './pipeline.ts'

const text = await readFile(new URL('../cloudbuild.yaml', import.meta.url), 'utf8')
const pipeline = readPipeline(text)
const services = ['auth-session', 'tebra-proxy-worker', 'stream-sse']

const step = (id: string) => {
  const found = pipeline.steps.find((candidate) => candidate.id === id)
  if (!found) throw new Error(`no step ${id}`)
  return found
}
const script = (id: string) => scriptOf(step(id), pipeline.substitutions) ?? ''

/** The pipeline with its first script replaced. */
const withScript = (line: string): Pipeline => ({
  ...pipeline,
  steps: [{ id: 'first', name: 'image', entrypoint: 'bash', args: ['-c', line] }, ...pipeline.steps],
})

describe('the pipeline', () => {
  test('declares every substitution it uses, escapes the shell’s variables and orders its steps', () => {
    expect(problemsOf(pipeline)).toEqual([])
  })

  test('goes install, check, test, build, push, scan, record, deploy, smoke, shift – each after the one before', () => {
    const chain = ['install', 'check', 'test', 'build', 'push', 'scan', 'record', 'deploy', 'smoke', 'shift']
    for (const [index, id] of chain.entries())
      if (index > 0) expect(step(id).waitFor).toContain(chain[index - 1])
  })

  test.each(pipeline.steps.filter((one) => one.entrypoint === 'bash').map((one) => one.id))(
    'has a script bash can parse in step %s',
    (id) => {
      const parsed = spawnSync('bash', ['-n'], { input: script(id), encoding: 'utf8' })
      expect(parsed.stderr).toBe('')
      expect(parsed.status).toBe(0)
    },
  )

  test('builds, publishes with provenance, and deploys every service', () => {
    expect(pipeline.options.env).toContain(`SERVICES=${services.join(' ')}`)
    for (const service of services) {
      expect(pipeline.images.some((image) => image.includes(`/${service}:`))).toBe(true)
      expect(script('deploy')).toMatch(new RegExp(`^deploy ${service}`, 'm'))
    }
  })

  test('runs the worker from the intake’s image, told apart by ROLE', () => {
    expect(script('deploy')).toContain('deploy tebra-proxy-worker --update-env-vars=ROLE=intake')
    expect(script('deploy')).toMatch(/worker-pools deploy [\s\S]*--update-env-vars=ROLE=worker/)
  })

  test('gives a new revision no traffic before smoke, and then 10, 50 and 100 percent', () => {
    expect(script('deploy')).toContain('--no-traffic --tag=canary')
    expect(script('deploy')).toContain('--no-promote')
    expect(script('shift')).toContain('for percent in 10 50 100')
  })

  test('deploys by digest, never by a tag', () => {
    expect(script('push')).toContain('RepoDigests')
    expect(script('deploy')).not.toMatch(/--image="?\$IMAGES/)
  })
})

describe('a mistake in the pipeline is found', () => {
  test.each([
    ['a substitution nobody declared', 'echo $_NOT_DECLARED', '$_NOT_DECLARED is not declared'],
    ['a shell variable with one $', 'for service in $service; do true; done', '$service is not declared'],
    ['a command substitution with one $', 'echo $(date)', 'needs $$ to reach the shell'],
    ['a positional parameter with one $', 'echo "$1"', 'needs $$ to reach the shell'],
  ])('%s', (_, line, problem) => {
    expect(problemsOf(withScript(line)).join('\n')).toContain(problem)
  })

  test('a declared substitution nobody uses', () => {
    const substitutions = { ...pipeline.substitutions, _UNUSED: 'x' }
    expect(problemsOf({ ...pipeline, substitutions })).toEqual(['_UNUSED is declared and not used'])
  })

  test('a step that waits for one that does not exist', () => {
    const [first, ...others] = pipeline.steps
    const steps = first ? [{ ...first, waitFor: ['nobody'] }, ...others] : []
    expect(problemsOf({ ...pipeline, steps })).toEqual([
      'install waits for nobody, which no step before it is',
    ])
  })

  test('a key Cloud Build does not know', () => {
    expect(() => readPipeline(`${text}\nimage: x\n`)).toThrow()
  })
})
