import type { FolderDraft } from '../api/calls.js';
import { KEY_HEADER, pythonHead, pythonLiteral, quoted, settingFlags, type Recipe } from './recipe-text.js';

/**
 * The exact commands that send this batch, wait for its end and fetch its reports.
 *
 * @param origin of the server, `https://host`
 */
export const batchRecipes = (draft: FolderDraft, origin: string): Recipe[] => [
  { id: 'curl', title: 'curl', text: curl(draft, origin) },
  { id: 'cli', title: 'Command line', text: commandLine(draft, origin) },
  { id: 'python', title: 'Python', text: python(draft, origin) },
];

function curl(draft: FolderDraft, origin: string): string {
  return [
    `BATCH=$(curl -sf ${origin}/v1/batches ${KEY_HEADER} \\`,
    `  -H 'Content-Type: application/json' \\`,
    `  -d ${quoted(JSON.stringify(draft, null, 2))} | jq -r .id)`,
    '',
    '# until it has ended',
    `while curl -sf ${origin}/v1/batches/$BATCH ${KEY_HEADER} \\`,
    `  | jq -e '.finishedAt == null' > /dev/null; do sleep 2; done`,
    `curl -sf ${origin}/v1/batches/$BATCH/reports/summary.csv ${KEY_HEADER} -o summary.csv`,
    '',
  ].join('\n');
}

function commandLine({ source, name, skipCompleted, ...settings }: FolderDraft, origin: string): string {
  return [
    `export PARSE3D_URL=${origin}    # and PARSE3D_API_KEY`,
    [
      `BATCH=$(parse3d submit ${quoted(source.uri)}`,
      ...settingFlags(settings),
      ...(name === undefined ? [] : [`  --name ${quoted(name)}`]),
      ...(skipCompleted === false ? ['  --rerun'] : []),
      '  --json | jq -r .id)',
    ].join(' \\\n'),
    'parse3d batch watch "$BATCH"',
    'parse3d batch results "$BATCH" --out found',
    '',
  ].join('\n');
}

function python(draft: FolderDraft, origin: string): string {
  return [
    ...pythonHead(origin),
    `batch = ${pythonLiteral(draft)}`,
    'batch = json.loads(call("POST", "/v1/batches", json.dumps(batch).encode()))',
    'while "finishedAt" not in batch:',
    '    time.sleep(2)',
    '    batch = json.loads(call("GET", f"/v1/batches/{batch[\'id\']}"))',
    'print(batch["status"], batch["counts"])',
    'with open("summary.csv", "wb") as summary:',
    '    summary.write(call("GET", f"/v1/batches/{batch[\'id\']}/reports/summary.csv"))',
    '',
  ].join('\n');
}
