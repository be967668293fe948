import type { Modality, PackSummary } from '@parse3d/contract';
import { paletteColour } from '@parse3d/contract/palette';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { newRow, promptOf, rows, targetPrompts, type PromptRow } from './draft.js';
import { PromptBox } from './prompt-box.js';

/** So many of a pack's targets are offered for a click. */
const OFFERED = 8;

export function PromptList({ pack, modality }: { pack: PackSummary; modality: Modality }) {
  const list = useRef<HTMLOListElement>(null);
  const focusNext = useRef<number>(undefined);
  const [whole, setWhole] = useState(false);
  const all = rows.value;

  // Before anything else is typed.
  useLayoutEffect(() => {
    if (focusNext.current === undefined) return;
    list.current?.querySelectorAll<HTMLInputElement>('input[role=combobox]')[focusNext.current]?.focus();
    focusNext.current = undefined;
  });

  const change = (id: number, part: Partial<PromptRow>): void => {
    rows.value = rows.value.map((row) => (row.id === id ? { ...row, ...part } : row));
  };
  const add = (texts: readonly string[], after?: number): void => {
    const kept = rows.value.filter(
      ({ text, id }) => text.trim() !== '' || (texts.length === 1 && texts[0] === '' && id !== after),
    );
    rows.value = [...kept, ...texts.map((text) => newRow(text))];
    focusNext.current = rows.value.length - 1;
  };
  const used = new Set(all.map(({ text }) => text.trim().toLowerCase()));
  const offered = targetPrompts(pack).filter((prompt) => !used.has(prompt));

  let label = 0;
  return (
    <section class="group">
      <h2>
        Find <span class="count">{all.filter(({ text }) => text.trim() !== '').length || ''}</span>
      </h2>
      <ol class="prompts" ref={list}>
        {all.map((row, at) => {
          if (row.text.trim() !== '') label++;
          return (
            <PromptBox
              key={row.id}
              row={row}
              number={at + 1}
              colour={row.colour ?? defaultColour(row.text, Math.max(label, 1), pack)}
              pack={pack}
              modality={modality}
              onText={(text) => change(row.id, { text })}
              onInstances={(instances) => change(row.id, { instances })}
              onColour={(colour) => change(row.id, { colour })}
              onRemove={all.length === 1 && row.text === '' ? undefined : () => remove(row.id)}
              onEnter={() => add([''])}
              onPasteLines={(lines) => add(lines)}
            />
          );
        })}
      </ol>
      <button type="button" class="small" onClick={() => add([''])}>
        Add a prompt
      </button>
      {offered.length > 0 && (
        <div class="chips" role="group" aria-label={`Targets of ${pack.title}`}>
          {offered.slice(0, whole ? undefined : OFFERED).map((prompt) => (
            <button type="button" class="chip" key={prompt} onClick={() => add([prompt])}>
              {prompt}
            </button>
          ))}
          {offered.length > OFFERED && (
            <button type="button" class="chip" aria-expanded={whole} onClick={() => setWhole(!whole)}>
              {whole ? 'Fewer' : `All ${offered.length}`}
            </button>
          )}
        </div>
      )}
    </section>
  );
}

function remove(id: number): void {
  const left = rows.value.filter((row) => row.id !== id);
  rows.value = left.length === 0 ? [newRow()] : left;
}

/** As the engine will choose it. */
function defaultColour(text: string, label: number, pack: PackSummary): string {
  const plain = text.trim().toLowerCase();
  const target = pack.targets.find((one) => promptOf(one) === plain);
  return target?.colour ?? paletteColour(label);
}
