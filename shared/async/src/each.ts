/**
 * Calls `work` for every item, at most `limit` at a time. However it ends, nothing goes on in the background afterwards.
 *
 * @throws the first error of `work` or of the items; no further item is begun after it
 */
export async function each<T>(
  items: Iterable<T> | AsyncIterable<T>,
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];
  try {
    for await (const item of items) {
      // Attach the handler at once: a rejection while the next item is awaited would be unhandled.
      const job: Promise<void> = work(item)
        .catch((error: unknown) => void failures.push(error))
        .finally(() => running.delete(job));
      running.add(job);
      if (running.size >= limit) await Promise.race(running);
      if (failures.length > 0) break;
    }
  } finally {
    await Promise.all(running);
  }
  if (failures.length > 0) throw failures[0];
}

/**
 * The results of `work` in the order of the items, at most `limit` at a time.
 *
 * @throws as `each`
 */
export async function mapEach<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  limit: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  await each(numbered(items), limit, async ([index, item]) => {
    results[index] = await work(item);
  });
  return results;
}

async function* numbered<T>(items: Iterable<T> | AsyncIterable<T>): AsyncGenerator<[number, T]> {
  let index = 0;
  for await (const item of items) yield [index++, item];
}
