import { BlobUri, compileGlob, Prompts, type BatchSource } from '@parse3d/contract';
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

/** The volumes of a batch in the order of the source, streamed: nothing is held but a page of the listing. */
export async function* sourceItems(source: BatchSource, stores: Stores): AsyncGenerator<SourceItem> {
  switch (source.kind) {
    case 'items':
      for (const { uri, prompts } of source.items) yield { uri, etag: '', bytes: 0, prompts };
      return;
    case 'manifest':
      // On the wire a list of volumes is called a manifest; in the code that is what commits a run.
      yield* listItems(source.uri, stores);
      return;
    case 'prefix': {
      const glob = compileGlob(source.pattern);
      yield* listed(source.uri, stores, (path) => glob.matches(path));
      return;
    }
    case 'bids': {
      // sub-<label>[/ses-<label>]/<datatype>/sub-<label>…_<suffix>.nii[.gz]; derivatives and source data lie elsewhere.
      const image = new RegExp(
        `^sub-[A-Za-z0-9]+/(ses-[A-Za-z0-9]+/)?[a-z]+/sub-[^/]*_${source.suffix}\\.nii(\\.gz)?$`,
      );
      yield* listed(source.uri, stores, (path) => image.test(path));
      return;
    }
    default:
      source satisfies never;
  }
}

async function* listed(
  folderUri: string,
  stores: Stores,
  wanted: (path: string) => boolean,
): AsyncGenerator<SourceItem> {
  const { store, prefix } = openFolder(stores, folderUri);
  for await (const { key, etag, bytes } of listAll(store, prefix)) {
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
