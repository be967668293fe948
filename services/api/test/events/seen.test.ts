import { openStores, createBucketIfMissing } from '@parse3d/storage';
import { assertNothingLeaks, scratchFolder } from '@parse3d/testing';
import { afterAll, expect, test } from 'vitest';
import { markOf, MarkList, SeenVersions } from '../../src/events/seen.js';

afterAll(assertNothingLeaks);

function listOf(marks: readonly bigint[]): MarkList {
  const list = new MarkList();
  for (const mark of marks) list.push(mark);
  return list;
}

test('what was seen is known after it was written and read, and nothing else is', async () => {
  const folder = await scratchFolder('seen');
  const config = { kind: 'file' as const, root: folder.path, bucket: 'parse3d' };
  await createBucketIfMissing(config);
  const stores = openStores(config);
  try {
    const rule = { id: 'rule', since: '2026-03-01T10:00:00.000Z' };
    expect(await SeenVersions.read(stores.primary, rule)).toBeUndefined();
    const marks = Array.from({ length: 2_000 }, (_, index) => markOf(`scan-${index}.nii`, 'v1'));
    await SeenVersions.of(listOf(marks)).write(stores.primary, rule);
    const seen = await SeenVersions.read(stores.primary, rule);
    expect(marks.every((mark) => seen?.has(mark))).toBe(true);
    expect(seen?.has(markOf('scan-7.nii', 'v2'))).toBe(false);
    expect(seen?.has(markOf('scan-2000.nii', 'v1'))).toBe(false);
    expect(seen?.equals(SeenVersions.of(listOf([...marks].reverse())))).toBe(true);
    expect(seen?.equals(SeenVersions.of(listOf(marks.slice(1))))).toBe(false);
    expect(seen?.with(listOf([markOf('new.nii', 'v1')])).has(markOf('new.nii', 'v1'))).toBe(true);
    // A listing that still goes on under the rule as it was says nothing about the rule as it is.
    expect(await SeenVersions.read(stores.primary, { ...rule, since: '2026-03-01T10:00:00.001Z' })).toBeUndefined();
  } finally {
    await stores.close();
    await folder.remove();
  }
});
