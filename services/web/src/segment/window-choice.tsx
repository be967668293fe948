import type { Modality, PackSummary } from '@parse3d/contract';
import type { SceneVolume } from '../viewer/scene.js';
import { ctWindows, firstWindow } from '../viewer/grey-windows.js';
import { ctWindow, takesWindow, windowForModel } from './draft.js';

/** How grey values are shown, and on request what the model sees; by itself it has a window for each prompt. */
export function WindowChoice(props: { modality: Modality; volume: SceneVolume | undefined; pack: PackSummary }) {
  const { modality, volume, pack } = props;
  if (modality !== 'ct') {
    return volume === undefined ? null : (
      <p class="hint">
        Shown from {Number((volume.robust.level - volume.robust.width / 2).toPrecision(4))} to{' '}
        {Number((volume.robust.level + volume.robust.width / 2).toPrecision(4))}; drag over the image with the right
        button to change that.
      </p>
    );
  }
  const chosen = ctWindow.value ?? firstWindow(modality) ?? 'Full';
  return (
    <>
      <fieldset class="modalities">
        <legend>Window shown</legend>
        {[{ name: 'Full', width: 0, level: 0 }, ...ctWindows].map(({ name, width, level }) => (
          <label key={name} class="pill" title={width === 0 ? 'all values' : `width ${width} HU, level ${level} HU`}>
            <input type="radio" name="window" checked={chosen === name} onChange={() => (ctWindow.value = name)} />
            <span>{name}</span>
          </label>
        ))}
      </fieldset>
      {takesWindow(pack, modality) && (
        <label class="check">
          <input
            type="checkbox"
            checked={windowForModel.value}
            disabled={chosen === 'Full'}
            onChange={(event) => (windowForModel.value = event.currentTarget.checked)}
          />
          The model sees this window too <small>else one for each prompt</small>
        </label>
      )}
    </>
  );
}
