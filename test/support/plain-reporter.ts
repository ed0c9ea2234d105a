import type { Reporter, TestModule } from 'vitest/node';

/**
 * Prints what the default reporter hides: why a test was skipped, and errors outside any test.
 * Ends with the one plain line `N passed, N failed, N skipped` that scripts can read.
 */
export default class PlainReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const count = { passed: 0, failed: errors.length, skipped: 0 };
    for (const module of modules) {
      if (module.errors().length > 0) count.failed += 1;
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === 'passed') count.passed += 1;
        else if (result.state === 'failed') count.failed += 1;
        else count.skipped += 1;
        if (result.state === 'skipped') {
          console.log(`skipped: ${test.fullName}: ${result.note ?? 'no reason was given'}`);
        }
      }
    }
    console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
  }
}
