import type { PackSummary } from '@parse3d/contract';
import { submitBatch, submitJob } from '../api/calls.js';
import { uploadVolume } from '../api/files.js';
import { rememberNames } from '../batches/sent-names.js';
import { go } from '../router.js';
import { keepVolume } from '../viewer/last-volume.js';
import * as draft from './draft.js';
import { sendAll } from './sending.js';
import type { Doing } from './use-shown.js';

/**
 * Sends what was chosen and goes to the page of its job or batch. Where some of several volumes can never be sent, nothing is
 * submitted: they move to those left out, for people to see before they go on without them.
 *
 * @param content bytes of the volume that is shown, which the job's page shows too
 */
export async function submitChosen(
  source: draft.Source,
  pack: PackSummary,
  content: ArrayBuffer | undefined,
  setBusy: (busy: Doing) => void,
  signal: AbortSignal,
): Promise<void> {
  switch (source.kind) {
    case 'file':
      return submitOne(await uploadOnce(source.file, setBusy, signal), pack, content, setBusy);
    case 'stored':
      return submitOne(source.uri, pack, content, setBusy);
    case 'folder':
      setBusy({ what: 'Submitting' });
      return opened(await submitBatch(draft.batchDraftOf({ kind: 'prefix', uri: source.uri }, pack)));
    case 'files':
      return submitFiles(source, pack, setBusy, signal);
    default:
      return source satisfies never;
  }
}

async function submitOne(
  uri: string,
  pack: PackSummary,
  content: ArrayBuffer | undefined,
  setBusy: (busy: Doing) => void,
): Promise<void> {
  if (content !== undefined) keepVolume(uri, content);
  setBusy({ what: 'Submitting' });
  const { id } = await submitJob(draft.draftOf(uri, pack));
  draft.title.value = '';
  go(`/jobs/${id}`);
}

async function submitFiles(
  { gathered }: Extract<draft.Source, { kind: 'files' }>,
  pack: PackSummary,
  setBusy: (busy: Doing) => void,
  signal: AbortSignal,
): Promise<void> {
  const { volumes } = gathered;
  setBusy({ what: 'Uploading', share: 0 });
  const { uploads, notTaken } = await sendAll(volumes, (share) => setBusy({ what: 'Uploading', share }), signal);
  if (notTaken.length > 0) {
    const sent = {
      volumes: uploads.map(({ volume }) => volume),
      notTaken: [...notTaken, ...gathered.notTaken],
      refused: notTaken.length,
    };
    draft.source.value = { kind: 'files', gathered: sent };
    return;
  }
  const [first] = uploads;
  if (first !== undefined && uploads.length === 1) return submitOne(first.uri, pack, undefined, setBusy);
  setBusy({ what: 'Submitting' });
  const items = uploads.map(({ uri }) => ({ uri }));
  const batch = await submitBatch(draft.batchDraftOf({ kind: 'items', items }, pack));
  rememberNames(
    batch.id,
    uploads.map(({ volume }) => volume.path),
  );
  opened(batch);
}

function opened({ id }: { readonly id: string }): void {
  draft.batchName.value = '';
  go(`/batches/${id}`);
}

async function uploadOnce(file: File, setBusy: (busy: Doing) => void, signal: AbortSignal): Promise<string> {
  const known = draft.uploads.get(file);
  if (known !== undefined) return known;
  setBusy({ what: 'Uploading', share: 0 });
  const { uri } = await uploadVolume(file, (share) => setBusy({ what: 'Uploading', share }), signal);
  draft.uploads.set(file, uri);
  return uri;
}
