import { Mark } from '../components/parts.js';
import { volumeIsWritten } from './draft.js';

/** Stands where a volume would be seen that the browser cannot draw: a DICOM series in a zip file, or an `.npz`. */
export function UnseenCover({ name }: { name: string }) {
  return (
    <div class="folder-cover">
      <Mark size={72} />
      <p>
        <strong>
          {volumeIsWritten() ? 'Shown once its job has run' : 'Its label map is shown once its job has run'}
        </strong>
      </p>
      <p>
        <code>{name}</code>
      </p>
      <p>
        {volumeIsWritten()
          ? 'A DICOM series or an .npz file is read by the server. The job writes it as volume.nii.gz beside the label map, and both are drawn then.'
          : 'A DICOM series or an .npz file is read by the server. Tick “The volume as NIfTI” to see it below its label map.'}
      </p>
    </div>
  );
}
