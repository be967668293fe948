import type { Modality } from '@parse3d/shared/contract';
import type { SceneVolume } from '../viewer/scene.js';
import { ctWindows } from '../viewer/windows.js';
import { ctWindow } from './draft.js';

/** How grey values are shown. The engine chooses its own window for each prompt, whatever is looked at here. */
export function WindowChoice({ modality, volume }: { modality: Modality; volume: SceneVolume | undefined }) {
  if (modality !== 'ct') {
    return volume === undefined ? null : (
      <p class="hint">
        Shown from {Number((volume.robust.level - volume.robust.width / 2).toPrecision(4))} to{' '}
        {Number((volume.robust.level + volume.robust.width / 2).toPrecision(4))}; drag over the image with the right button to
        change that.
      </p>
    );
  }
  return (
    <fieldset class="modalities">
      <legend>Window shown</legend>
      {[{ name: 'Full', width: 0, level: 0 }, ...ctWindows].map(({ name, width, level }) => (
        <label key={name} class="pill" title={width === 0 ? 'all values' : `width ${width} HU, level ${level} HU`}>
          <input
            type="radio"
            name="window"
            checked={(ctWindow.value ?? 'Full') === name}
            onChange={() => (ctWindow.value = name)}
          />
          <span>{name}</span>
        </label>
      ))}
    </fieldset>
  );
}
