import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: { pool: 'threads', include: ['{lib,services,loadtest,deploy}/**/*.test.{ts,tsx}'] },
})
