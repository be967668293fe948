import type { Modality, PackSummary } from '@parse3d/contract';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { isOutside, suggestions, type Suggestion } from './completion.js';
import { promptOf, type PromptRow } from './draft.js';

/** One prompt with completion: a combobox as the ARIA practices describe it. */
export function PromptBox(props: {
  row: PromptRow;
  number: number;
  colour: string;
  pack: PackSummary;
  modality: Modality;
  onText: (text: string) => void;
  onColour: (colour: string) => void;
  onInstances: (instances: boolean) => void;
  onRemove: (() => void) | undefined;
  onEnter: () => void;
  onPasteLines: (lines: string[]) => void;
}) {
  const { row, pack, modality } = props;
  const id = useId();
  const [offers, setOffers] = useState<readonly Suggestion[]>([]);
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const [outside, setOutside] = useState(false);
  const box = useRef<HTMLInputElement>(null);
  const shown = open && offers.length > 0;

  useEffect(() => {
    if (!open) return;
    const controller = new AbortController();
    const timer = setTimeout(() => {
      suggestions(row.text, pack, modality, controller.signal)
        .then((found) => {
          setOffers(found);
          setActive(-1);
        })
        .catch(() => undefined);
    }, 120);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [row.text, pack.id, modality, open]);

  useEffect(() => {
    const controller = new AbortController();
    const timer = setTimeout(() => {
      isOutside(row.text, pack, modality, controller.signal)
        .then(setOutside)
        .catch(() => undefined);
    }, 120);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [row.text, pack.id, modality]);

  const take = (prompt: string): void => {
    props.onText(prompt);
    setOpen(false);
    box.current?.focus();
  };

  const onKey = (event: KeyboardEvent): void => {
    const chosen = offers[active];
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      if (!shown) return setOpen(true);
      const by = event.key === 'ArrowDown' ? 1 : -1;
      setActive((active + by + offers.length + (active < 0 && by < 0 ? 1 : 0)) % offers.length);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      if (shown && chosen !== undefined) take(chosen.prompt);
      else {
        setOpen(false);
        if (row.text.trim() !== '') props.onEnter();
      }
    } else if (event.key === 'Escape' && shown) {
      event.preventDefault();
      setOpen(false);
    }
  };

  return (
    <li class="prompt">
      <label class="swatch" style={{ background: props.colour }}>
        <span class="visually-hidden">Colour of label {props.number}</span>
        <input type="color" value={props.colour} onInput={(event) => props.onColour(event.currentTarget.value)} />
      </label>
      <div class="prompt-field">
        <input
          ref={box}
          type="text"
          role="combobox"
          aria-label={`Prompt ${props.number}`}
          aria-expanded={shown}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={shown && active >= 0 ? `${id}-${active}` : undefined}
          aria-describedby={outside ? `${id}-mark` : undefined}
          autocomplete="off"
          spellcheck={false}
          maxLength={512}
          placeholder={props.number === 1 ? `e.g. ${example(pack)}` : 'another target'}
          value={row.text}
          onInput={(event) => {
            props.onText(event.currentTarget.value);
            setOpen(true);
          }}
          onFocus={() => setOpen(row.text === '')}
          onBlur={() => setOpen(false)}
          onKeyDown={onKey}
          onPaste={(event) => {
            const lines = (event.clipboardData?.getData('text') ?? '')
              .split(/\r\n|\n|\r/)
              .filter((line) => line.trim() !== '');
            if (lines.length < 2) return;
            event.preventDefault();
            props.onPasteLines(lines.map((line) => line.trim()));
          }}
        />
        {outside && (
          <span class="mark" id={`${id}-mark`} title={explanation(pack)}>
            {pack.kind === 'label-map' ? 'not a class' : 'outside'}
            <span class="visually-hidden">: {explanation(pack)}</span>
          </span>
        )}
        <ul class="options" role="listbox" id={`${id}-list`} aria-label="Suggestions" hidden={!shown}>
          {offers.map(({ prompt, group }, at) => (
            <li
              key={prompt}
              id={`${id}-${at}`}
              role="option"
              aria-selected={at === active}
              // Before the blur, which would close the list under the pointer.
              onPointerDown={(event) => {
                event.preventDefault();
                take(prompt);
              }}
            >
              <span>{prompt}</span>
              <small>{group}</small>
            </li>
          ))}
        </ul>
      </div>
      <button
        type="button"
        class="toggle"
        aria-label={`Single objects of prompt ${props.number}`}
        aria-pressed={row.instances}
        title="Split the mask into its objects, numbered and measured one by one"
        onClick={() => props.onInstances(!row.instances)}
      >
        Objects
      </button>
      <button
        type="button"
        class="icon"
        aria-label={`Remove prompt ${props.number}`}
        disabled={props.onRemove === undefined}
        onClick={props.onRemove}
      >
        ×
      </button>
    </li>
  );
}

const example = ({ targets: [target] }: PackSummary): string =>
  target === undefined ? 'left kidney' : promptOf(target);

const explanation = (pack: PackSummary): string =>
  pack.kind === 'label-map'
    ? `${pack.id} finds a fixed list of classes; this is not one of their names. It is refused unless it can be read as one.`
    : `outside what ${pack.id} was made for: it will be tried, and marked as not recommended.`;
