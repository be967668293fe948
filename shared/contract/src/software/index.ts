import { createRequire } from 'node:module';
import { z } from 'zod';

const PackageJson = z.object({ version: z.string(), gitHead: z.string().optional() });

/** Name, version and, where the build set PARSE3D_COMMIT or the package says it, commit of this software, for manifests. */
export function software(env: NodeJS.ProcessEnv): { name: 'parse3d'; version: string; commit?: string } {
  const { version, gitHead } = PackageJson.parse(createRequire(import.meta.url)('../../package.json'));
  const commit = env['PARSE3D_COMMIT'] || gitHead;
  return { name: 'parse3d', version, ...(commit ? { commit } : {}) };
}
