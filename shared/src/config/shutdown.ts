/**
 * Calls `stop` once on SIGTERM or SIGINT and exits: 0 when it is done, 1 when it fails or takes longer than `budgetMs`.
 * For `main.ts` only.
 */
export function exitOnSignal(
  stop: (signal: NodeJS.Signals) => Promise<void>,
  budgetMs: number,
  onFault: (error: unknown) => void,
): void {
  let stopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stopping) return;
      stopping = true;
      setTimeout(() => {
        onFault(new Error(`not stopped after ${budgetMs} ms`));
        process.exit(1);
      }, budgetMs);
      stop(signal).then(
        () => process.exit(0),
        (error: unknown) => {
          onFault(error);
          process.exit(1);
        },
      );
    });
  }
}
