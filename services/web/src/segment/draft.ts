import { signal } from '@preact/signals';
import type { Modality, PackSummary } from '@parse3d/contract';
import type { BatchDraft, DraftSettings, JobDraft } from '../api/calls.js';
import { isDrawable, isDrawableFile } from '../viewer/drawable.js';
import { ctWindows } from '../viewer/grey-windows.js';

/** A row of the prompt list; rows keep their identity while others come and go. */
export interface PromptRow {
  readonly id: number;
  readonly text: string;
  /** Chosen by the user; otherwise the server chooses. */
  readonly colour: string | undefined;
  /** Whether its mask is split into objects. */
  readonly instances: boolean;
}

export type Source =
  | { readonly kind: 'file'; readonly file: File; readonly drawable: boolean }
  | { readonly kind: 'stored'; readonly uri: string }
  /** Every volume in it and below, as a batch. `uri` has a slash at its end. */
  | { readonly kind: 'folder'; readonly uri: string };

let lastId = 0;
export const newRow = (text = ''): PromptRow => ({ id: ++lastId, text, colour: undefined, instances: false });

/** Where files lie that were uploaded already: a second submission of the same file needs no second upload. */
export const uploads = new WeakMap<File, string>();

/** What is being put together. It outlives a look at another page. */
export const source = signal<Source | undefined>(undefined);
export const rows = signal<readonly PromptRow[]>([newRow()]);
export const packId = signal<string | undefined>(undefined);
export const modality = signal<Modality | undefined>(undefined);
export const probabilities = signal(true);
export const masks = signal(false);
/** Whether the job writes the volume too; until somebody says so, only where it cannot be looked at otherwise. */
export const volumeOutput = signal<boolean | undefined>(undefined);
/** Name of the CT window that is looked through. */
export const ctWindow = signal<string | undefined>(undefined);
/** Whether the model shall see that window too, instead of choosing one for each prompt. */
export const windowForModel = signal(false);
/** Of the batch that a folder becomes; may stay empty. */
export const batchName = signal('');
/** Whether the batch reuses results of equal volumes, prompts, pack and options. */
export const skipCompleted = signal(true);

export const modalityNames: Record<Modality, string> = {
  ct: 'CT',
  mr: 'MR',
  us: 'Ultrasound',
  pet: 'PET',
  em: 'Electron microscopy',
  lightsheet: 'Light-sheet',
};

/** Takes a file of this machine, once its first bytes have told what it is. */
export async function chooseFile(file: File): Promise<void> {
  source.value = { kind: 'file', file, drawable: await isDrawableFile(file) };
}

/** True for one volume that the browser cannot draw. */
export const isUnseen = (chosen: Source | undefined): boolean =>
  chosen?.kind === 'file' ? !chosen.drawable : chosen?.kind === 'stored' && !isDrawable(chosen.uri);

export const volumeIsWritten = (): boolean => volumeOutput.value ?? isUnseen(source.value);

export const filled = (all: readonly PromptRow[]): PromptRow[] => all.filter(({ text }) => text.trim() !== '');

/** Own colours travel in the job's metadata, so that a permalink shows them. */
const COLOUR_KEY = 'colour.';

/** True where a job may name a window: CT, and a model that is told what to look for. */
export const takesWindow = (pack: PackSummary, kind: Modality): boolean =>
  kind === 'ct' && pack.kind === 'promptable-slices';

export const draftOf = (uri: string, pack: PackSummary): JobDraft => ({ input: { uri }, ...settingsFor(pack) });

export function batchDraftOf(uri: string, pack: PackSummary): BatchDraft {
  const name = batchName.value.trim();
  return {
    ...(name === '' ? {} : { name }),
    source: { kind: 'prefix', uri },
    ...settingsFor(pack),
    ...(skipCompleted.value ? {} : { skipCompleted: false }),
  };
}

function settingsFor(pack: PackSummary): DraftSettings {
  const prompts = filled(rows.value);
  const colours = prompts.flatMap(({ colour }, at) =>
    colour === undefined ? [] : [[`${COLOUR_KEY}${at + 1}`, colour]],
  );
  const kind = modality.value ?? pack.modalities[0] ?? 'ct';
  const window = ctWindows.find(({ name }) => name === ctWindow.value);
  return {
    prompts: prompts.map(({ text, instances }) => (instances ? { text: text.trim(), instances } : text.trim())),
    pack: pack.id,
    modality: kind,
    outputs: {
      probabilities: probabilities.value ? 'uint8' : 'none',
      ...(masks.value ? { masks: true } : {}),
      ...(volumeIsWritten() ? { volume: true } : {}),
    },
    ...(window !== undefined && windowForModel.value && takesWindow(pack, kind)
      ? { options: { window: { width: window.width, level: window.level } } }
      : {}),
    ...(colours.length === 0 ? {} : { metadata: Object.fromEntries(colours) as Record<string, string> }),
  };
}

/** The colour that somebody gave a label when the job was submitted. */
export function chosenColour(metadata: Record<string, string>, label: number): string | undefined {
  const colour = metadata[`${COLOUR_KEY}${label}`];
  return colour !== undefined && /^#[0-9a-f]{6}$/.test(colour) ? colour : undefined;
}

/** The prompt that names a target. */
export const promptOf = ({ name, side }: PackSummary['targets'][number]): string =>
  side === undefined ? name : `${side} ${name}`;

/** Everything that a pack lists, as prompts. */
export const targetPrompts = (pack: PackSummary): string[] => pack.targets.map(promptOf);
