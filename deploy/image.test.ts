import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { contextPaths, reachesBuilder, readDockerfile } from './dockerfile.ts'
import { reachedFrom } from './imports.ts'

const root = fileURLToPath(new URL('../', import.meta.url))
const read = (name: string) => readFile(join(root, name), 'utf8')
const [dockerfile, ignore, packageJson] = await Promise.all([
  read('Dockerfile'),
  read('.dockerignore'),
  read('package.json'),
])
const instructions = readDockerfile(dockerfile)
const last = instructions.findLastIndex(({ name }) => name === 'FROM')
const final = instructions.slice(last)
const dependencies = z
  .object({ dependencies: z.record(z.string(), z.string()) })
  .parse(JSON.parse(packageJson))
const services = ['auth-session', 'tebra-proxy-worker', 'stream-sse']

const only = (name: string) => {
  const found = final.filter((instruction) => instruction.name === name)
  expect(found, name).toHaveLength(1)
  return found[0]?.rest ?? ''
}

describe('the image', () => {
  test('starts bun itself as process 1, without a shell that would swallow SIGTERM', () => {
    const command = z.array(z.string()).parse(JSON.parse(only('ENTRYPOINT')))
    expect(command[0]).toBe('bun')
    expect(command).toContain('--no-install')
    expect(final.some(({ name }) => name === 'CMD')).toBe(false)
  })

  test('runs as a numeric user that is not root, set after the last file is copied', () => {
    expect(only('USER')).toBe('1000:1000')
    const names = final.map(({ name }) => name)
    expect(names.indexOf('USER')).toBeGreaterThan(names.lastIndexOf('COPY'))
  })

  test('is for production unless told otherwise, and names its version', () => {
    expect(only('ENV')).toContain('ENVIRONMENT=production')
    expect(only('ENV')).toContain('VERSION=')
    expect(only('EXPOSE')).toBe('8080')
    expect(only('LABEL')).toContain('org.opencontainers.image.version=')
  })

  test('is built on one base at an exact version, which the pipeline can replace by a digest', () => {
    expect(instructions[0]?.rest).toMatch(/^BASE=docker\.io\/oven\/bun:\d+\.\d+\.\d+-slim$/)
    for (const { rest } of instructions.filter(({ name }) => name === 'FROM'))
      expect(rest).toMatch(/^\$\{BASE\}/)
  })

  test('has the base’s bun at the version the tests run on', () => {
    const bun = z.object({ devDependencies: z.object({ bun: z.string() }) }).parse(JSON.parse(packageJson))
    expect(instructions[0]?.rest).toContain(`bun:${bun.devDependencies.bun}-slim`)
  })

  test('uses nothing an older builder does not know: here-documents, COPY --link, mounts', () => {
    expect(dockerfile).not.toMatch(/<<|--link|--mount/)
    expect(dockerfile).not.toMatch(/^#\s*syntax=/m)
  })

  test('installs production dependencies exactly as locked', () => {
    expect(dockerfile).toContain('bun install --production --frozen-lockfile --ignore-scripts')
  })

  test('copies from the build context only what is there and reaches the builder', () => {
    for (const path of instructions.flatMap(contextPaths)) {
      expect(existsSync(join(root, path)), path).toBe(true)
      expect(reachesBuilder(ignore, path), path).toBe(true)
    }
  })

  test.each(services)('knows the service %s', (service) => {
    expect(dockerfile).toMatch(new RegExp(`^ +([a-z-]+\\|)*${service}(\\|[a-z-]+)*\\) ;;`, 'm'))
  })
})

describe('what is sent to the builder', () => {
  test.each([
    'lib/contract/ids.test.ts',
    'lib/testing/redis.ts',
    'lib/processes/child.ts',
    'services/auth-session/testing/clock.ts',
    'services/stream-sse/console/dist/index.html',
    'services/stream-sse/console/app.test.tsx',
    'loadtest/simulator/server.ts',
    'deploy/local/start.ts',
    'node_modules/zod/package.json',
    '.env',
    '.git/config',
    '.local/demo-users.json',
  ])('leaves out %s', (path) => {
    expect(reachesBuilder(ignore, path)).toBe(false)
  })
})

describe.each(services)('%s finds in its image', (service) => {
  // Removed by the Dockerfile's last build step; the console's sources are replaced by what is built from them.
  const removed = [
    'lib/client/',
    ...services.filter((other) => other !== service).map((other) => `services/${other}/`),
  ]

  test('every file it imports or opens beside itself', async () => {
    const { files } = await reachedFrom(root, `services/${service}/server.ts`)
    expect(files.size).toBeGreaterThan(20)
    expect([...files].some((path) => path.endsWith('.lua'))).toBe(true)
    const missing = [...files].filter(
      (path) => !reachesBuilder(ignore, path) || removed.some((folder) => path.startsWith(folder)),
    )
    expect(missing).toEqual([])
  })

  test('every package it imports, among the production dependencies', async () => {
    const { packages } = await reachedFrom(root, `services/${service}/server.ts`)
    const known = Object.keys(dependencies.dependencies)
    expect([...packages].filter((name) => !known.includes(name))).toEqual([])
  })
})
