import { defineConfig } from 'vitest/config'
export default defineConfig({ test: { pool: 'threads', testTimeout: 60_000, hookTimeout: 60_000, include: ['deploy/faults/**/*.fault.test.ts'], fileParallelism: false } })
