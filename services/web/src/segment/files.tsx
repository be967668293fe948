import { Mark } from '../components/parts.js';
import { bytes, volumes as counted } from '../format.js';
import { countReasons, MOST_VOLUMES, type Gathered, type NotTaken } from './gathered.js';

/** Longer lists are not read; the count says how long they are. */
const LISTED = 50;

/** Stands where a volume would be seen: what will be sent. */
export function FilesCover({ gathered: { volumes, notTaken } }: { gathered: Gathered }) {
  const size = volumes.reduce((sum, one) => sum + one.bytes, 0);
  return (
    <div class="folder-cover">
      <Mark size={72} />
      <p>
        <strong>{volumes.length === 0 ? 'No volumes in what was dropped' : counted(volumes.length)}</strong>
      </p>
      <p>
        {volumes.length === 0
          ? 'Files that end in .nii, .nii.gz, .nrrd, .mha, .npz or .zip are taken, and DICOM images under any name.'
          : `${bytes(size)} of this machine. Nothing is sent yet.`}
        {notTaken.length > 0 && ` ${leftOut(notTaken.length)}.`}
      </p>
      {volumes.length > 1 && <p>Several volumes become a batch. Its page shows a preview of each result.</p>}
      {volumes.length === 1 && <p>The images of a DICOM series are sent as one zip file.</p>}
    </div>
  );
}

const leftOut = (count: number): string => (count === 1 ? '1 file is left out' : `${count} files are left out`);

/** The dry run in the panel: which volumes will be sent, which files will not, and why. */
export function FilesList({ gathered: { volumes, notTaken } }: { gathered: Gathered }) {
  return (
    <>
      {volumes.length > 0 && (
        <details class="dry-run">
          <summary>{counted(volumes.length)} to send</summary>
          <ul>
            {volumes.slice(0, LISTED).map(({ path, bytes: size, files }, at) => (
              <li key={at}>
                <span>{path}</span>{' '}
                <small>{files.length > 1 ? `${files.length} images, ${bytes(size)}` : bytes(size)}</small>
              </li>
            ))}
            {volumes.length > LISTED && <li>and {volumes.length - LISTED} more</li>}
          </ul>
        </details>
      )}
      <NotTakenList notTaken={notTaken} />
    </>
  );
}

/** Files that are not sent. */
export function NotTakenList({ notTaken }: { notTaken: readonly NotTaken[] }) {
  if (notTaken.length === 0) return null;
  const reasons = countReasons(notTaken);
  return (
    <details class="dry-run">
      <summary>
        {leftOut(notTaken.length)}
        {reasons.length <= 4 && `: ${reasons.map(([reason, count]) => `${count} ${reason}`).join(', ')}`}
      </summary>
      <ul>
        {notTaken.slice(0, LISTED).map(({ path, reason }, at) => (
          <li key={at}>
            <span>{path}</span> <small>{reason}</small>
          </li>
        ))}
        {notTaken.length > LISTED && <li>and {notTaken.length - LISTED} more</li>}
      </ul>
    </details>
  );
}

/** Above the button. */
export function FilesFacts({ gathered: { volumes, refused = 0 }, packId }: { gathered: Gathered; packId: string }) {
  const size = volumes.reduce((sum, one) => sum + one.bytes, 0);
  if (volumes.length > MOST_VOLUMES) {
    return (
      <p class="stale" role="status">
        {counted(volumes.length)} are more than one batch takes from a page, which is{' '}
        {MOST_VOLUMES.toLocaleString('en')}. Take a part of the folder, or put the volumes into storage and take the
        folder there.
      </p>
    );
  }
  return (
    <>
      {refused > 0 && (
        <p class="stale" role="alert">
          {counted(refused)} could not be sent and {refused === 1 ? 'stands' : 'stand'} among the files left out, with
          the reason. Nothing is submitted yet
          {volumes.length > 0 && `: the button goes on without ${refused === 1 ? 'it' : 'them'}`}.
        </p>
      )}
      <p class="hint" role="status">
        {volumes.length === 0
          ? 'There is nothing to send.'
          : `${counted(volumes.length)}, ${bytes(size)} to upload, with ${packId}. Files’ names stay in this browser.`}
      </p>
    </>
  );
}
