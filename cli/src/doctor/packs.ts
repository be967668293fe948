import { loadPack } from '@parse3d/engine';
import { readPackCatalog } from '@parse3d/contract/packs';
import { fail, failed, ok, warn, type Check } from './check.js';
import type { Target } from './target.js';

const PART = 'packs';

/** Every pack is whole, by checksum and graph, as a worker checks it; the default one is among them. */
export async function checkPacks({ packFolders, config }: Target): Promise<Check[]> {
  const catalog = await readPackCatalog(packFolders);
  const checks: Check[] = [];
  for (const pack of catalog.packs) {
    const folder = catalog.folderOf(pack.id);
    try {
      await loadPack(folder);
      const files = Object.keys(pack.files).length;
      checks.push(ok(PART, `${pack.id} ${pack.version}: ${files} files match their checksums`));
    } catch (error) {
      const check = failed(PART, error, `bring ${folder} back as it was: copy or import the pack again`);
      checks.push({ ...check, detail: `${pack.id} ${pack.version}: ${check.detail}` });
    }
  }
  for (const { folder, problem } of catalog.rejected) {
    checks.push({ ...warn(PART, `${folder}: ${problem.message}`, 'mend or remove it'), code: problem.code });
  }
  const wanted = config.PARSE3D_DEFAULT_PACK;
  if (!catalog.has(wanted)) {
    const known = catalog.packs.map(({ id }) => id).join(', ') || 'none';
    checks.push(
      fail(
        PART,
        `the default pack ${wanted} is not in ${packFolders.join(', ')} (there: ${known})`,
        'set PARSE3D_PACKS to the folders that hold packs, or PARSE3D_DEFAULT_PACK to one of them',
      ),
    );
  }
  return checks;
}
