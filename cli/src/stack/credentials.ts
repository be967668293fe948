import { readFile, rename, writeFile } from 'node:fs/promises';
import { Problem } from '@parse3d/contract/problems';
import { z } from 'zod';

/** What the commands of this machine need to reach the embedded service. */
export const Credentials = z.object({ url: z.url(), key: z.string().min(1) });
export type Credentials = z.infer<typeof Credentials>;

/** @throws Problem `config-invalid` when the file is there and is not understood */
export async function readCredentials(file: string): Promise<Credentials | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new Problem('config-invalid', `the key in ${file} cannot be read: ${String(error)}`, { file });
  }
  try {
    return Credentials.parse(JSON.parse(text));
  } catch {
    throw new Problem(
      'config-invalid',
      `expected {"url": …, "key": …} in ${file}; remove it and start parse3d up again`,
      {
        file,
      },
    );
  }
}

/** Only the user who starts the service can read the file. */
export async function writeCredentials(file: string, credentials: Credentials): Promise<void> {
  const draft = `${file}.new`;
  await writeFile(draft, `${JSON.stringify(credentials, null, 2)}\n`, { mode: 0o600 });
  await rename(draft, file);
}
