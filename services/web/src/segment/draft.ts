import { signal } from '@preact/signals';
import type { Modality, PackSummary } from '@parse3d/contract';
import type { BatchDraft, DraftSettings, JobDraft } from '../api/calls.js';
import { isDrawable } from '../viewer/drawable.js';
import { ctWindows } from '../viewer/grey-windows.js';
import { gatherChosen, gatherDropped } from './dropped.js';
import { commonFolder, type Gathered, type NotTaken } from './gathered.js';

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
  /** `notTaken` are files that were dropped with it. */
  | { readonly kind: 'file'; readonly file: File; readonly drawable: boolean; readonly notTaken?: readonly NotTaken[] }
  /** Several of this machine, or a DICOM series in a folder: a job each. */
  | { readonly kind: 'files'; readonly gathered: Gathered }
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
/** labels.seg.nrrd, which 3D Slicer opens with names and colours. */
export const segNrrd = signal(false);
/** A closed surface per prompt, mesh-<label>.stl and .glb. */
export const meshes = signal(false);
/** segmentation.dcm, for DICOM alone. */
export const dicomSeg = signal(false);
/** rtstruct.dcm, for DICOM alone. */
export const rtstruct = signal(false);
/** Whether the job writes the volume too; until somebody says so, only where it cannot be looked at otherwise. */
export const volumeOutput = signal<boolean | undefined>(undefined);
/** Name of the CT window that is looked through. */
export const ctWindow = signal<string | undefined>(undefined);
/** Whether the model shall see that window too, instead of choosing one for each prompt. */
export const windowForModel = signal(false);
/** How the job is called in lists; may stay empty. */
export const title = signal('');
/** With commas between them. */
export const tags = signal('');
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

/** While what was dropped is looked through. */
export const gathering = signal(false);

/** Takes everything that was dropped: one file is a volume, several and folders are volumes of a batch. */
export const chooseDropped = (transfer: DataTransfer): Promise<void> => choose(gatherDropped(transfer));

/** The same for what a file dialogue gives. */
export const chooseFiles = (files: Iterable<File>): Promise<void> => choose(gatherChosen(files));

async function choose(looking: Promise<Gathered>): Promise<void> {
  gathering.value = true;
  try {
    const gathered = await looking;
    const { volumes, notTaken } = gathered;
    const [first] = volumes;
    const [file] = first?.files ?? [];
    if (first === undefined || file === undefined || volumes.length > 1 || first.files.length > 1) {
      source.value = { kind: 'files', gathered };
      if (batchName.value === '') batchName.value = commonFolder(volumes) ?? '';
    } else source.value = { kind: 'file', file, drawable: first.drawable, notTaken };
  } finally {
    gathering.value = false;
  }
}

/** True for volumes that the browser cannot draw; of several, where that holds for one. */
export function isUnseen(chosen: Source | undefined): boolean {
  switch (chosen?.kind) {
    case 'file':
      return !chosen.drawable;
    case 'files':
      return chosen.gathered.volumes.some(({ drawable }) => !drawable);
    case 'stored':
      return !isDrawable(chosen.uri);
    default:
      return false;
  }
}

/** True for what becomes a batch. */
export const isBatch = (chosen: Source | undefined): boolean =>
  chosen?.kind === 'folder' || (chosen?.kind === 'files' && chosen.gathered.volumes.length > 1);

export const volumeIsWritten = (): boolean => volumeOutput.value ?? isUnseen(source.value);

export const filled = (all: readonly PromptRow[]): PromptRow[] => all.filter(({ text }) => text.trim() !== '');

/** Own colours travel in the job's metadata, so that a permalink shows them. */
const COLOUR_KEY = 'colour.';

/** True where a job may name a window: CT, and a model that is told what to look for. */
export const takesWindow = (pack: PackSummary, kind: Modality): boolean =>
  kind === 'ct' && pack.kind === 'promptable-slices';

export const draftOf = (uri: string, pack: PackSummary): JobDraft => {
  const named = title.value.trim();
  const tagged = tags.value
    .split(',')
    .map((tag) => tag.trim())
    .filter((tag) => tag !== '');
  return {
    input: { uri },
    ...settingsFor(pack),
    ...(named === '' ? {} : { title: named }),
    ...(tagged.length === 0 ? {} : { tags: tagged }),
  };
};

/** @param from where the volumes lie: a folder, or one by one */
export function batchDraftOf<Source extends BatchDraft['source']>(
  from: Source,
  pack: PackSummary,
): BatchDraft & { source: Source } {
  const name = batchName.value.trim();
  return {
    ...(name === '' ? {} : { name }),
    source: from,
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
      ...(segNrrd.value ? { segNrrd: true } : {}),
      ...(meshes.value ? { meshes: true } : {}),
      ...(dicomSeg.value && isUnseen(source.value) ? { dicomSeg: true } : {}),
      ...(rtstruct.value && isUnseen(source.value) ? { rtstruct: true } : {}),
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
