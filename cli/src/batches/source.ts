import { PromptText } from '@parse3d/contract';
import { isStorageUri, splitStorageUri } from '@parse3d/contract/names';
import { Problem } from '@parse3d/contract/problems';
import type { TextLine } from '@parse3d/contract/text';
import { z } from 'zod';
import type { SubmitBatch } from '@parse3d/client';
import { UsageError } from '../errors/kinds.js';
import { readTextFile } from '../options/text-file.js';

export type SourceInput = SubmitBatch['source'];

export const SourceOptions = z.object({
  bids: z.boolean().default(false),
  dicom: z.boolean().default(false),
  suffix: z.string().optional(),
  entity: z.array(z.string().regex(/^[a-z]+=[A-Za-z0-9+._-]+$/, 'expected key=label, such as acq=mprage')).default([]),
  pattern: z.string().optional(),
  list: z.string().optional(),
});
export type SourceOptions = z.infer<typeof SourceOptions>;

/** Items that a batch takes in its request; more belong into a manifest in storage. */
const MOST_ITEMS = 10_000;

/**
 * The source of the batch that was typed, or undefined when single volumes were: a folder in storage, a BIDS dataset, a
 * manifest in storage, or a list of URIs on this machine.
 * @throws UsageError for options that do not fit together
 */
export async function batchSource(
  volumes: readonly string[],
  options: SourceOptions,
): Promise<SourceInput | undefined> {
  const { bids, dicom, suffix, entity, pattern, list } = options;
  if (dicom) {
    if (bids || pattern !== undefined || list !== undefined) throw new UsageError('--dicom names single volumes');
    return undefined;
  }
  if (suffix !== undefined && !bids) throw new UsageError('--suffix belongs to --bids');
  if (entity.length > 0 && !bids) throw new UsageError('--entity belongs to --bids');
  if (pattern !== undefined && (bids || list !== undefined)) {
    throw new UsageError('--pattern belongs to a folder in storage, without --bids or --list');
  }
  if (list !== undefined) {
    if (volumes.length > 0 || bids) throw new UsageError('--list names all volumes: give no others, and no --bids');
    return { kind: 'items', items: parseList(await readTextFile(list, 'the list'), list) };
  }
  const [uri] = volumes;
  const single = volumes.length === 1 && uri !== undefined && isStorageUri(uri);
  if (bids || pattern !== undefined) {
    if (!single) {
      throw new UsageError(`${bids ? '--bids' : '--pattern'} needs one folder in storage, such as s3://scans/study/`);
    }
    const folder = withSlash(uri);
    return bids
      ? {
          kind: 'bids',
          uri: folder,
          ...(suffix === undefined ? {} : { suffix }),
          ...(entity.length === 0 ? {} : { entities: Object.fromEntries(entity.map(labelOf)) }),
        }
      : { kind: 'prefix', uri: folder, ...(pattern === undefined ? {} : { pattern }) };
  }
  if (single && uri.endsWith('.jsonl')) return { kind: 'manifest', uri };
  if (single && isFolder(uri)) return { kind: 'prefix', uri: withSlash(uri) };
  const folder = volumes.find((volume) => isStorageUri(volume) && isFolder(volume));
  if (folder !== undefined) {
    throw new UsageError(
      `${folder} is a folder: one folder is one batch, give it alone; folders of DICOM series need --dicom`,
    );
  }
  return undefined;
}

/** A key without any extension is the beginning of others; a folder with a dot in its name needs its slash. */
function isFolder(uri: string): boolean {
  const key = splitStorageUri(uri)?.path ?? '';
  return key === '' || key.endsWith('/') || !key.slice(key.lastIndexOf('/') + 1).includes('.');
}

/** `acq=mprage` as key and label. */
function labelOf(pair: string): [key: string, label: string] {
  const [key = '', label = ''] = pair.split('=');
  return [key, label];
}

const withSlash = (uri: string): string => (uri.endsWith('/') ? uri : `${uri}/`);

const ListLine = z.strictObject({
  uri: z.string(),
  prompts: z.array(z.union([PromptText, z.strictObject({ text: PromptText, label: z.int().optional() })])).optional(),
});

type Item = Extract<SourceInput, { kind: 'items' }>['items'][number];

/** A URI a line, or a JSON object `{"uri": …, "prompts"?: […]}` a line; blank lines and lines that begin with # are left out. */
function parseList(lines: readonly TextLine[], file: string): Item[] {
  const items = lines.flatMap(({ number, text }): Item[] => {
    const content = text.trim();
    if (content === '' || content.startsWith('#')) return [];
    if (isStorageUri(content)) return [{ uri: content }];
    const parsed = ListLine.safeParse(parseJson(content));
    if (parsed.success) return [parsed.data];
    const { path, message } = parsed.error.issues[0] ?? {};
    const why =
      path?.[0] === 'prompts'
        ? `${path.map(String).join('.')}: ${message}`
        : 'expected s3://bucket/key, local://bucket/key or {"uri": …, "prompts": […]}';
    throw new Problem('request-invalid', `${file}, line ${number}: ${why}`, { file, line: number });
  });
  if (items.length === 0) throw new Problem('request-invalid', `${file} lists no volume`, { file });
  if (items.length > MOST_ITEMS) {
    throw new UsageError(
      `${file} lists ${items.length} volumes, ${MOST_ITEMS} at most go with the request: put the list into storage as ` +
        'a manifest of one {"uri": …} a line, and submit s3://bucket/list.jsonl',
    );
  }
  return items;
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
