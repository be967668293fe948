import type { DraftSettings } from '../api/calls.js';

export interface Recipe {
  readonly id: 'curl' | 'cli' | 'python';
  readonly title: string;
  readonly text: string;
}

/** What every request of `curl` carries. The key is named, never shown. */
export const KEY_HEADER = '-H "Authorization: Bearer $PARSE3D_API_KEY"';

/** For a POSIX shell. */
export const quoted = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

/** Options of `parse3d submit` for what jobs and batches are asked for with alike, a line each. */
export function settingFlags({
  prompts,
  pack,
  modality,
  outputs = {},
  options = {},
  metadata = {},
}: DraftSettings): string[] {
  const flag = (name: string, value: string | number | undefined): string[] =>
    value === undefined ? [] : [`  --${name} ${value}`];
  return [
    ...promptFlags(prompts),
    ...flag('pack', pack),
    ...flag('modality', modality),
    ...(outputs.masks === true ? ['  --masks'] : []),
    ...(outputs.volume === true ? ['  --volume'] : []),
    ...(outputs.meshes === true ? ['  --meshes'] : []),
    ...(outputs.rtstruct === true ? ['  --rtstruct'] : []),
    ...(outputs.segNrrd === true ? ['  --seg-nrrd'] : []),
    ...(outputs.dicomSeg === true ? ['  --dicom-seg'] : []),
    ...(outputs.dicomSegInstances === true ? ['  --dicom-seg-instances'] : []),
    ...flag('probabilities', outputs.probabilities === 'none' ? undefined : outputs.probabilities),
    ...flag('seed', options.seed === 0 ? undefined : options.seed),
    ...flag('window', options.window && `${options.window.width},${options.window.level}`),
    ...flag('frame', options.frame),
    ...flag('schedule', options.schedule),
    ...flag('samples', options.samples),
    ...flag('resample', options.resample),
    ...flag('overlap', options.overlap),
    ...Object.entries(metadata).flatMap(([name, value]) => flag('meta', quoted(`${name}=${value}`))),
  ];
}

/** Prompts with label numbers of their own come as lines of a file. */
function promptFlags(prompts: DraftSettings['prompts']): string[] {
  const all = prompts.map((prompt, at) => (typeof prompt === 'string' ? { text: prompt, label: at + 1 } : prompt));
  const numbered = all.filter(({ label }, at) => label !== undefined && label !== at + 1);
  const texts =
    numbered.length === 0
      ? all.map(({ text }) => `  --prompt ${quoted(text)}`)
      : [
          `  --prompts <(printf '%s\\t%s\\n' ${all.map(({ text, label }, at) => `${label ?? at + 1} ${quoted(text)}`).join(' ')})`,
        ];
  return [...texts, ...instanceFlags(all)];
}

function instanceFlags(prompts: readonly Exclude<DraftSettings['prompts'][number], string>[]): string[] {
  const split = prompts.flatMap((prompt, at) => (prompt.instances === true ? [{ ...prompt, at }] : []));
  const [first] = split;
  if (first === undefined) return [];
  const labels = split.map(({ label, at }) => label ?? at + 1).join(',');
  return [
    split.length === prompts.length ? '  --instances' : `  --instances-of ${labels}`,
    ...(first.minVoxels === undefined ? [] : [`  --min-voxels ${first.minVoxels}`]),
    ...(first.minMl === undefined ? [] : [`  --min-ml ${first.minMl}`]),
  ];
}

/** The lines that every Python recipe begins with: `call` sends a request with the key. */
export const pythonHead = (origin: string): string[] => [
  'import json, os, time, urllib.request',
  '',
  `SERVER = ${JSON.stringify(origin)}`,
  'KEY = os.environ["PARSE3D_API_KEY"]',
  '',
  'def call(method, path, data=None, kind="application/json"):',
  '    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": kind}',
  '    request = urllib.request.Request(SERVER + path, data, headers, method=method)',
  '    with urllib.request.urlopen(request) as answer:',
  '        return answer.read()',
  '',
];

/** JSON is Python but for three words; a string never holds them bare. */
export function pythonLiteral(value: unknown, indent = ''): string {
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (value === null || value === undefined) return 'None';
  const inner = `${indent}    `;
  if (Array.isArray(value)) {
    return `[${value.map((entry) => pythonLiteral(entry, inner)).join(', ')}]`;
  }
  if (typeof value === 'object') {
    const entries = Object.entries(value).filter(([, entry]) => entry !== undefined);
    return `{\n${entries.map(([key, entry]) => `${inner}${JSON.stringify(key)}: ${pythonLiteral(entry, inner)},\n`).join('')}${indent}}`;
  }
  return JSON.stringify(value);
}
