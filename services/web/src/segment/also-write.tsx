import type { Signal } from '@preact/signals';
import {
  dicomSeg,
  isUnseen,
  masks,
  meshes,
  probabilities,
  rtstruct,
  segNrrd,
  source,
  volumeIsWritten,
  volumeOutput,
} from './draft.js';

/** Which files the job writes besides the label map. */
export function AlsoWrite() {
  return (
    <section class="group">
      <h2>Also write</h2>
      <Wish of={probabilities} what="Probability maps" why="for the threshold slider" />
      <Wish of={masks} what="One binary mask per prompt" why=".nii.gz" />
      <Wish of={meshes} what="One surface per prompt" why=".stl, .glb" />
      <Wish of={segNrrd} what="A segmentation for 3D Slicer" why=".seg.nrrd" />
      {isUnseen(source.value) && (
        <>
          <Wish of={dicomSeg} what="A DICOM Segmentation" why="of a DICOM series" />
          <Wish of={rtstruct} what="A DICOM RT Structure Set" why="of a DICOM series" />
        </>
      )}
      {/* Ticked by itself where nothing could be looked at without it. */}
      <label class="check">
        <input
          type="checkbox"
          checked={volumeIsWritten()}
          onChange={(event) => (volumeOutput.value = event.currentTarget.checked)}
        />
        The volume as NIfTI <small>on the grid of the label map</small>
      </label>
    </section>
  );
}

function Wish({ of, what, why }: { of: Signal<boolean>; what: string; why: string }) {
  return (
    <label class="check">
      <input type="checkbox" checked={of.value} onChange={(event) => (of.value = event.currentTarget.checked)} />
      {what} <small>{why}</small>
    </label>
  );
}
