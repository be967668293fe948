import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe } from 'vitest';
import { readAll, type BlobStore } from '@parse3d/storage';
import { keyCases } from './suite-keys.js';
import { readingCases } from './suite-reading.js';
import { roundTripCases } from './suite-round-trips.js';
import type { SuiteBench } from './suite-support.js';
import { writingCases } from './suite-writing.js';

export interface SuiteOptions {
  /** Whether the store makes URLs. */
  readonly presigns: boolean;
  /** Opens an empty bucket, and tells how to close it. */
  readonly open: () => Promise<{ store: BlobStore; close: () => Promise<void> }>;
}

/** What every BlobStore must do: the one suite that all implementations pass. */
export function blobStoreSuite(name: string, { presigns, open }: SuiteOptions): void {
  describe(`blob store: ${name}`, () => {
    let opened: Awaited<ReturnType<SuiteOptions['open']>> | undefined;
    const store = (): BlobStore => {
      if (opened === undefined) throw new Error('the store is not open');
      return opened.store;
    };
    beforeAll(async () => {
      opened = await open();
    });
    afterAll(() => opened?.close());

    const bench: SuiteBench = {
      get store() {
        return store();
      },
      presigns,
      newKey: (end = 'blob') => `${randomUUID()}/${end}`,
      put: (key, text) => store().write(key, Buffer.from(text)),
      get: async (key, options = {}) => (await readAll(store(), key, options)).toString(),
    };
    describe('round trips', () => roundTripCases(bench));
    describe('reading', () => readingCases(bench));
    describe('writing', () => writingCases(bench));
    describe('listing, deleting, keys and URLs', () => keyCases(bench));
  });
}
