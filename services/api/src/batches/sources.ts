import { BlobUri, compileGlob, Prompts, type BatchSource, type LeftOut } from '@parse3d/contract';
import { chooseBids, isVolumeName, type BidsChoice } from '@parse3d/contract/names';
import { Problem } from '@parse3d/contract/problems';
import { linesOf } from '@parse3d/contract/text';
import { listAll, nameOfListed, openFolder, type Stores } from '@parse3d/storage';
import { z } from 'zod';

/** A volume of a batch before it is checked. `etag` is empty and `bytes` 0 where the source does not tell. */
export interface SourceItem {
  readonly uri: string;
  readonly etag: string;
  readonly bytes: number;
  readonly prompts?: z.infer<typeof Prompts> | undefined;
}

const ListLine = z.strictObject({ uri: BlobUri, prompts: Prompts.optional() });

/** Counts what a source holds and does not give, by reason. */
export class LeftOutCounts {
  readonly #counts = new Map<LeftOut['reason'], number>();

  add(reason: LeftOut['reason'], count = 1): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + count);
  }

  list(): LeftOut[] {
    return [...this.#counts].map(([reason, count]) => ({ reason, count }));
  }
}

/** The volumes of a batch in the order of the source, streamed: nothing is held but a page of the listing. */
export async function* sourceItems(
  source: BatchSource,
  stores: Stores,
  leftOut: LeftOutCounts,
): AsyncGenerator<SourceItem> {
  switch (source.kind) {
    case 'items':
      for (const { uri, prompts } of source.items) yield { uri, etag: '', bytes: 0, prompts };
      return;
    case 'manifest':
      // On the wire a list of volumes is called a manifest; in the code that is what commits a run.
      yield* listItems(source.uri, stores);
      return;
    case 'prefix': {
      const glob = source.pattern === undefined ? undefined : compileGlob(source.pattern);
      yield* listed(source.uri, stores, (path) => glob?.matches(path) ?? isVolumeName(path), leftOut);
      return;
    }
    case 'bids':
      yield* listed(source.uri, stores, bidsImages(source, leftOut), leftOut);
      return;
    default:
      source satisfies never;
  }
}

/** True for the images that are wanted. `x.nii` and `x.nii.gz` would be one derivative: the first counts. */
function bidsImages(choice: BidsChoice, leftOut: LeftOutCounts): (path: string) => boolean {
  let folder = '';
  const names = new Set<string>();
  return (path) => {
    const chosen = chooseBids(path, choice);
    if (typeof chosen !== 'object') {
      if (chosen !== undefined) leftOut.add(chosen);
      return false;
    }
    if (chosen.folder !== folder) {
      folder = chosen.folder;
      names.clear();
    }
    const name = path.replace(/\.gz$/, '');
    if (names.has(name)) {
      leftOut.add('bids-twice');
      return false;
    }
    names.add(name);
    return true;
  };
}

async function* listed(
  folderUri: string,
  stores: Stores,
  wanted: (path: string) => boolean,
  leftOut: LeftOutCounts,
): AsyncGenerator<SourceItem> {
  const { store, prefix } = openFolder(stores, folderUri);
  const onLeftOut = (keys: readonly string[]): void => leftOut.add('link', keys.length);
  for await (const { key, etag, bytes } of listAll(store, prefix, undefined, onLeftOut)) {
    if (key.endsWith('/') || !wanted(key.slice(prefix.length))) continue;
    // One that cannot be named fails as an item of its own; the others are volumes all the same.
    yield { uri: nameOfListed({ scheme: store.scheme, bucket: store.bucket, key }), etag, bytes };
  }
}

async function* listItems(uri: string, stores: Stores): AsyncGenerator<SourceItem> {
  const { store, key } = stores.open(uri);
  const { body } = await store.read(key);
  // However the loop ends, it destroys the body.
  for await (const { number, text } of linesOf(body as AsyncIterable<Buffer>, { name: uri })) {
    if (text.trim() !== '') yield { ...parseLine(text, number, uri), etag: '', bytes: 0 };
  }
}

function parseLine(line: string, number: number, uri: string): z.infer<typeof ListLine> {
  const refuse = (why: string): never => {
    throw new Problem('request-invalid', `${uri}, line ${number}: ${why}`, { uri, line: number });
  };
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return refuse('expected one JSON object');
  }
  const parsed = ListLine.safeParse(json);
  return parsed.success ? parsed.data : refuse(z.prettifyError(parsed.error));
}
