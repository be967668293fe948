/**
 * Calls `stop` once on SIGTERM or SIGINT, or when the parent that started this process with IPC is gone, and exits: 0
 * when it is done, 1 when it fails or takes longer than `budgetMs`. For `main.ts` only.
 */
export function exitOnSignal(
  stop: (reason: string) => Promise<void>,
  budgetMs: number,
  onFault: (error: unknown) => void,
): void {
  let stopping = false;
  for (const reason of ['SIGTERM', 'SIGINT', 'disconnect']) {
    process.on(reason, () => {
      if (stopping) return;
      stopping = true;
      setTimeout(() => {
        onFault(new Error(`not stopped after ${budgetMs} ms`));
        process.exit(1);
      }, budgetMs);
      stop(reason).then(
        () => process.exit(0),
        (error: unknown) => {
          onFault(error);
          process.exit(1);
        },
      );
    });
  }
}
