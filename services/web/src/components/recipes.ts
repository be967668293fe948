import type { JobDraft } from '../api/calls.js';

export interface Recipe {
  readonly id: 'curl' | 'cli' | 'python';
  readonly title: string;
  readonly text: string;
}

/**
 * The exact commands that send this job and fetch its results. The key is named, never shown.
 *
 * @param origin of the server, `https://host`
 * @param file name of a file of this machine that has to be uploaded first
 */
export function recipes(draft: JobDraft, origin: string, file: string | undefined): Recipe[] {
  return [
    { id: 'curl', title: 'curl', text: curl(draft, origin, file) },
    { id: 'cli', title: 'Command line', text: commandLine(draft, origin, file) },
    { id: 'python', title: 'Python', text: python(draft, origin, file) },
  ];
}

/** For a POSIX shell. */
const quoted = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

function curl(draft: JobDraft, origin: string, file: string | undefined): string {
  const body = (uri: string): string => JSON.stringify({ ...draft, input: { uri } }, null, 2);
  const key = 'Authorization: Bearer $PARSE3D_API_KEY';
  const upload =
    file === undefined
      ? []
      : [
          `URI=$(curl -sf ${origin}/v1/volumes -H "${key}" \\`,
          `  -H 'Content-Type: application/octet-stream' --data-binary @${quoted(file)} | jq -r .uri)`,
          '',
        ];
  const data =
    file === undefined
      ? `  -d ${quoted(body(draft.input.uri))} | jq -r .id)`
      : `  -d "$(jq --arg uri "$URI" '.input.uri = $uri' <<'JSON'\n${body('')}\nJSON\n)" | jq -r .id)`;
  return [
    ...upload,
    `JOB=$(curl -sf ${origin}/v1/jobs -H "${key}" \\`,
    `  -H 'Content-Type: application/json' \\`,
    data,
    '',
    '# follows the job to its end',
    `curl -sfN ${origin}/v1/jobs/$JOB/events -H "${key}"`,
    `curl -sf ${origin}/v1/jobs/$JOB/outputs/labels.nii.gz -H "${key}" -o labels.nii.gz`,
    '',
  ].join('\n');
}

function commandLine(draft: JobDraft, origin: string, file: string | undefined): string {
  const { outputs = {}, options = {} } = draft;
  const flag = (name: string, value: string | number | undefined): string[] =>
    value === undefined ? [] : [`  --${name} ${value}`];
  const flags = [
    ...flag('pack', draft.pack),
    ...flag('modality', draft.modality),
    ...(outputs.masks === true ? ['  --masks'] : []),
    ...(outputs.segNrrd === true ? ['  --seg-nrrd'] : []),
    ...(outputs.dicomSeg === true ? ['  --dicom-seg'] : []),
    ...flag('probabilities', outputs.probabilities === 'none' ? undefined : outputs.probabilities),
    ...flag('seed', options.seed === 0 ? undefined : options.seed),
    ...flag('window', options.window && `${options.window.width},${options.window.level}`),
    ...flag('schedule', options.schedule),
    ...flag('samples', options.samples),
    ...flag('resample', options.resample),
    ...flag('overlap', options.overlap),
  ];
  return [
    `export PARSE3D_URL=${origin}    # and PARSE3D_API_KEY`,
    [
      `JOB=$(parse3d submit ${quoted(file ?? draft.input.uri)}`,
      ...promptFlags(draft.prompts),
      ...flags,
      '  --json | jq -r .id)',
    ].join(' \\\n'),
    'parse3d watch "$JOB"',
    'parse3d results "$JOB" --out found',
    '',
  ].join('\n');
}

/** Prompts with label numbers of their own come as lines of a file. */
function promptFlags(prompts: JobDraft['prompts']): string[] {
  const numbered = prompts.flatMap((prompt) =>
    typeof prompt === 'string' ? [] : [`${prompt.label} ${quoted(prompt.text)}`],
  );
  return [
    ...prompts.flatMap((prompt) => (typeof prompt === 'string' ? [`  --prompt ${quoted(prompt)}`] : [])),
    ...(numbered.length === 0 ? [] : [`  --prompts <(printf '%s\\t%s\\n' ${numbered.join(' ')})`]),
  ];
}

function python(draft: JobDraft, origin: string, file: string | undefined): string {
  const job = pythonLiteral({ ...draft, input: { uri: file === undefined ? draft.input.uri : '' } }, '');
  return [
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
    `job = ${job}`,
    ...(file === undefined
      ? []
      : [
          `with open(${JSON.stringify(file)}, "rb") as volume:`,
          '    uploaded = json.loads(call("POST", "/v1/volumes", volume.read(), "application/octet-stream"))',
          'job["input"]["uri"] = uploaded["uri"]',
        ]),
    'job = json.loads(call("POST", "/v1/jobs", json.dumps(job).encode()))',
    'while job["status"] in ("waiting", "running"):',
    '    time.sleep(1)',
    '    job = json.loads(call("GET", f"/v1/jobs/{job[\'id\']}"))',
    'if job["status"] != "completed":',
    '    raise SystemExit(job.get("problem", job["status"]))',
    'with open("labels.nii.gz", "wb") as labels:',
    '    labels.write(call("GET", f"/v1/jobs/{job[\'id\']}/outputs/labels.nii.gz"))',
    '',
  ].join('\n');
}

/** JSON is Python but for three words; a string never holds them bare. */
function pythonLiteral(value: unknown, indent: string): string {
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
