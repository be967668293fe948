import type { JobDraft } from '../api/calls.js';
import {
  KEY_HEADER,
  namingFlags,
  pythonHead,
  pythonLiteral,
  quoted,
  settingFlags,
  type Recipe,
} from './recipe-text.js';

/**
 * The exact commands that send this job and fetch its results.
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

/** What is looked at together: the label map, and the volume below it where the job writes one. */
const fetched = ({ outputs }: JobDraft): string[] => [
  'labels.nii.gz',
  ...(outputs?.volume === true ? ['volume.nii.gz'] : []),
];

function curl(draft: JobDraft, origin: string, file: string | undefined): string {
  const body = (uri: string): string => JSON.stringify({ ...draft, input: { uri } }, null, 2);
  const upload =
    file === undefined
      ? []
      : [
          `URI=$(curl -sf ${origin}/v1/volumes ${KEY_HEADER} \\`,
          `  -H 'Content-Type: application/octet-stream' --data-binary @${quoted(file)} | jq -r .uri)`,
          '',
        ];
  const data =
    file === undefined
      ? `  -d ${quoted(body(draft.input.uri))} | jq -r .id)`
      : `  -d "$(jq --arg uri "$URI" '.input.uri = $uri' <<'JSON'\n${body('')}\nJSON\n)" | jq -r .id)`;
  return [
    ...upload,
    `JOB=$(curl -sf ${origin}/v1/jobs ${KEY_HEADER} \\`,
    `  -H 'Content-Type: application/json' \\`,
    data,
    '',
    '# follows the job to its end',
    `curl -sfN ${origin}/v1/jobs/$JOB/events ${KEY_HEADER}`,
    ...fetched(draft).map((name) => `curl -sf ${origin}/v1/jobs/$JOB/outputs/${name} ${KEY_HEADER} -o ${name}`),
    '',
  ].join('\n');
}

function commandLine(draft: JobDraft, origin: string, file: string | undefined): string {
  return [
    `export PARSE3D_URL=${origin}    # and PARSE3D_API_KEY`,
    [
      `JOB=$(parse3d submit ${quoted(file ?? draft.input.uri)}`,
      ...settingFlags(draft),
      ...namingFlags(draft),
      '  --json | jq -r .id)',
    ].join(' \\\n'),
    'parse3d watch "$JOB"',
    'parse3d results "$JOB" --out found',
    '',
  ].join('\n');
}

function python(draft: JobDraft, origin: string, file: string | undefined): string {
  const job = pythonLiteral({ ...draft, input: { uri: file === undefined ? draft.input.uri : '' } });
  return [
    ...pythonHead(origin),
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
    `for name in ${JSON.stringify(fetched(draft))}:`,
    '    with open(name, "wb") as file:',
    '        file.write(call("GET", f"/v1/jobs/{job[\'id\']}/outputs/{name}"))',
    '',
  ].join('\n');
}
