import type { BatchRecord } from '@parse3d/contract';
import type { ControlDeps } from '../jobs/deps.js';
import { goneProblem } from '../jobs/accept.js';
import { uploadName } from '../ledger/uploads.js';

/**
 * No upload of a batch whose record is written may be one that is about to be removed. See `acceptJob` for the order. The
 * record is taken back; the items stay for the caller.
 *
 * @throws Problem `volume-missing`
 */
export async function requireUploads({ batchId, total }: BatchRecord, { ledger }: ControlDeps): Promise<void> {
  const gone = await ledger.uploads.list('gone');
  if (gone.size === 0) return;
  for await (const uri of ledger.batches.uris(batchId, total)) {
    const upload = ledger.uploads.at(uri);
    if (upload === undefined || !gone.has(uploadName(upload))) continue;
    await ledger.batches.remove(batchId);
    throw goneProblem(uri);
  }
}
