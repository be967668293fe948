import { Mark } from '../components/parts.js';
import type { SceneVolume } from '../viewer/scene.js';

/** What may be dropped, while nothing is. */
export function DropHint() {
  return (
    <div class="drop-hint">
      <Mark size={72} />
      <p>
        <strong>Drop a volume here</strong>
      </p>
      <p>
        A NIfTI file (.nii, .nii.gz), a DICOM series as a .zip, a multi-frame DICOM file (.dcm), or an .npz file. CT,
        MR, ultrasound, PET or microscopy. It stays on this server.
      </p>
    </div>
  );
}

export function VolumeFacts({ volume }: { volume: SceneVolume }) {
  return (
    <p class="facts">
      {volume.shape.join(' × ')} <span>at</span> {volume.spacingMm.map((value) => Number(value.toFixed(2))).join(' × ')}{' '}
      mm
    </p>
  );
}
