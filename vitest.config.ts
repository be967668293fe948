import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{engine,cli,test}/**/*.test.ts', '{shared,services,clients}/*/test/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    // On two cores a third file uses the time in which the others wait for locks, leases and retries.
    maxWorkers: 3,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ['default', './test/support/summary-reporter.ts'],
    setupFiles: ['./test/support/test-data.ts'],
  },
});
