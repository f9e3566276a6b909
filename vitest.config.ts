import { defineConfig } from 'vitest/config'
import { SummaryReporter } from './lib/testing/summary-reporter.ts'

/** Needs nothing but this folder: no Redis, no browser, no process of its own. `npm run check` runs these. */
const unit = [
  'lib/{architecture,contract,config,crypto,http,observability,lifecycle}/**/!(*.redis).test.ts',
  'lib/client/sse-parser.test.ts',
  'services/tebra-proxy-worker/upstream/**/*.test.ts',
  'loadtest/simulator/**/*.test.ts',
  'loadtest/bench/**/*.test.ts',
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
          exclude: [...unit, '**/*.fault.test.ts', '**/node_modules/**'],
          // Most of them wait for servers of their own: more at once than there are cores save a third.
          maxWorkers: 3,
        },
      },
      {
        extends: true,
        test: {
          name: 'faults',
          include: ['deploy/faults/**/*.fault.test.ts'],
          testTimeout: 180_000,
          // They wait most of the time, each beside servers and processes of its own.
          maxWorkers: 3,
        },
      },
    ],
    reporters: ['default', new SummaryReporter()],
    coverage: {
      provider: 'istanbul',
      include: ['lib/**/*.ts', 'services/**/*.ts', 'loadtest/simulator/**/*.ts', 'deploy/**/*.ts'],
      // Left out is what runs in a process or a browser of its own: there it is tested, and nothing counts its lines.
      exclude: [
        '**/*.test.ts',
        '**/testing/**',
        'services/*/server.ts',
        '**/*-command.ts',
        'services/stream-sse/console/**',
        'loadtest/simulator/server.ts',
        'lib/client/use-*.ts',
        'deploy/local/{start,demo,gateway,prepare-tests,ensure-program,stack-lock}.ts',
        'deploy/{build-images,image-engine}.ts',
      ],
      reporter: ['text-summary', 'json-summary'],
      thresholds: { lines: 90 },
    },
  },
})
