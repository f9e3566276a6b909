import { defineConfig } from 'vitest/config'

/** Needs nothing but this folder: no Redis, no browser, no process of its own. `npm run check` runs these. */
const unit = [
  'lib/{architecture,contract,config,crypto,http,observability,lifecycle}/**/!(*.redis).test.ts',
  'lib/client/sse-parser.test.ts',
  'services/tebra-proxy-worker/upstream/**/*.test.ts',
  'loadtest/simulator/**/*.test.ts',
  'deploy/*.test.ts',
]

export default defineConfig({
  test: {
    pool: 'threads',
    testTimeout: 20_000,
    hookTimeout: 60_000,
    projects: [
      { extends: true, test: { name: 'unit', include: unit } },
      {
        extends: true,
        test: {
          name: 'system',
          include: ['{lib,services,loadtest,deploy}/**/*.test.{ts,tsx}'],
          exclude: [...unit, '**/node_modules/**'],
        },
      },
    ],
    coverage: {
      provider: 'istanbul',
      include: ['lib/**/*.ts', 'services/**/*.{ts,tsx}', 'loadtest/simulator/**/*.ts', 'deploy/**/*.ts'],
      exclude: ['**/*.test.ts', '**/testing/**', 'services/*/server.ts'],
      reporter: ['text-summary', 'json-summary'],
    },
  },
})
