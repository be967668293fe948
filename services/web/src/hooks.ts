import { useCallback, useEffect, useRef, useState } from 'preact/hooks';

export type Loaded<T> =
  | { readonly state: 'loading' }
  | { readonly state: 'failed'; readonly error: unknown }
  | {
      readonly state: 'ready';
      readonly value: T;
      /** Why it could not be brought up to date. */ readonly stale?: unknown;
    };

/**
 * Loads something, and again every `everyMs` while the tab is seen. What was loaded stays on the screen when a later
 * load fails.
 */
export function useLoaded<T>(
  load: () => Promise<T>,
  keys: readonly unknown[],
  everyMs?: number,
): [Loaded<T>, () => void] {
  const [loaded, setLoaded] = useState<Loaded<T>>({ state: 'loading' });
  const [round, setRound] = useState(0);
  const latest = useRef(load);
  latest.current = load;
  useEffect(() => setLoaded({ state: 'loading' }), keys);
  useEffect(() => {
    let current = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const run = (): void => {
      if (document.hidden) {
        timer = setTimeout(run, everyMs);
        return;
      }
      latest
        .current()
        .then((value) => current && setLoaded({ state: 'ready', value }))
        .catch(
          (error: unknown) =>
            current &&
            setLoaded((before) =>
              before.state === 'ready' ? { ...before, stale: error } : { state: 'failed', error },
            ),
        )
        .finally(() => {
          if (current && everyMs !== undefined) timer = setTimeout(run, everyMs);
        });
    };
    run();
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [...keys, everyMs, round]);
  return [loaded, useCallback(() => setRound((count) => count + 1), [])];
}

/** The heading of the tab follows the page. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · parse3d`;
  }, [title]);
}
