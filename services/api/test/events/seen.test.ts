import { openStores, createBucketIfMissing } from '@parse3d/shared/storage';
import { assertNothingLeaks, scratchFolder } from '@parse3d/shared/testing';
import { afterAll, expect, test } from 'vitest';
import { markOf, SeenVersions } from '../../src/events/seen.js';

afterAll(assertNothingLeaks);

test('what was seen is known after it was written and read, and nothing else is', async () => {
  const folder = await scratchFolder('seen');
  const config = { kind: 'file' as const, root: folder.path, bucket: 'parse3d' };
  await createBucketIfMissing(config);
  const stores = openStores(config);
  try {
    expect(await SeenVersions.read(stores.primary, 'rule')).toBeUndefined();
    const marks = Array.from({ length: 2_000 }, (_, index) => markOf(`scan-${index}.nii`, 'v1'));
    await SeenVersions.of(marks).write(stores.primary, 'rule');
    const seen = await SeenVersions.read(stores.primary, 'rule');
    expect(marks.every((mark) => seen?.has(mark))).toBe(true);
    expect(seen?.has(markOf('scan-7.nii', 'v2'))).toBe(false);
    expect(seen?.has(markOf('scan-2000.nii', 'v1'))).toBe(false);
    expect(seen?.equals(SeenVersions.of([...marks].reverse()))).toBe(true);
    expect(seen?.equals(SeenVersions.of(marks.slice(1)))).toBe(false);
    expect(seen?.with([markOf('new.nii', 'v1')]).has(markOf('new.nii', 'v1'))).toBe(true);
  } finally {
    await stores.close();
    await folder.remove();
  }
});
