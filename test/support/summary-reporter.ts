import type { Reporter, TestModule } from 'vitest/node';

/** Ends the run with the one line that CI reads: `N passed, N failed, N skipped`. */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>, unhandledErrors: ReadonlyArray<unknown>): void {
    const count = { passed: 0, failed: 0, skipped: 0 };
    for (const module of modules) {
      let failed = 0;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') count.passed++;
        else if (state === 'failed') failed++;
        else count.skipped++;
      }
      // A file that could not be loaded, or whose set-up or clean-up failed, has no failed test, and is not a success.
      count.failed += module.state() === 'failed' ? Math.max(1, failed) : failed;
    }
    count.failed += unhandledErrors.length;
    // After the default reporter's own closing lines, so that this is the last one.
    process.on('exit', () => {
      process.stdout.write(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped\n`);
    });
  }
}
