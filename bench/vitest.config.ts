import { defineConfig } from 'vitest/config';

// Benchmarks run one after the other, on real services, and print what they measured.
export default defineConfig({
  test: {
    include: ['bench/**/*.bench.ts'],
    fileParallelism: false,
    testTimeout: 3_600_000,
    hookTimeout: 120_000,
    reporters: ['default'],
  },
});
