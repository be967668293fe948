import type { Modality, PackSummary } from '@parse3d/contract';
import { modality, modalityNames, packId } from './draft.js';

const all = Object.keys(modalityNames) as Modality[];

/** Modality first, then the packs that take it. */
export function PackChoice({ packs, pack }: { packs: readonly PackSummary[]; pack: PackSummary }) {
  const supported = new Set(packs.flatMap(({ modalities }) => modalities));
  const chosen = modality.value ?? pack.modalities[0];
  const fitting = packs.filter(({ modalities }) => chosen === undefined || modalities.includes(chosen));
  return (
    <>
      <fieldset class="modalities">
        <legend class="visually-hidden">Modality</legend>
        {all
          .filter((name) => supported.has(name))
          .map((name) => (
            <label key={name} class="pill">
              <input
                type="radio"
                name="modality"
                value={name}
                checked={name === chosen}
                onChange={() => {
                  modality.value = name;
                  if (!pack.modalities.includes(name)) {
                    packId.value = packs.find(({ modalities }) => modalities.includes(name))?.id;
                  }
                }}
              />
              <span>{modalityNames[name]}</span>
            </label>
          ))}
      </fieldset>
      <label class="field">
        <span>Pack</span>
        <select value={pack.id} onChange={(event) => (packId.value = event.currentTarget.value)}>
          {fitting.map(({ id, title, version }) => (
            <option key={id} value={id}>
              {title} ({version})
            </option>
          ))}
        </select>
      </label>
      <p class="hint">
        {pack.intendedUse} <span class="licence">{pack.licence}</span>
        {pack.demonstration && <span class="tag">demonstration</span>}
      </p>
    </>
  );
}
