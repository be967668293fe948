import type { Geometry, Volume } from '@parse3d/volume/geometry';
import type { NiftiImage } from '@parse3d/volume/formats';
import type { Finding, JobOptions, Modality, OutputOptions, Pack, Prompt, Stage } from '@parse3d/contract';

/** A pack whose every file was read and matched its checksum, and whose graphs hold only what we allow. */
export interface LoadedPack {
  readonly folder: string;
  readonly pack: Pack;
  /** Absolute path of a file of the pack. @throws Problem `pack-invalid` when pack.json does not list it */
  file(name: string): string;
}

export interface EngineOptions {
  /** `cpu`, or `cuda:<index>`. @default cpu */
  readonly device: string;
  /** CPU threads of one session. @default the number of cores */
  readonly threads?: number | undefined;
  /** Most slices in one pass of an image encoder. @default 1 on a CPU, 4 on a GPU */
  readonly slicesPerPass?: number | undefined;
  /** Memory that this process may use, in bytes: fewer slices go through a pass until it fits. @default no cap */
  readonly memoryCapBytes?: number | undefined;
  /** Whether sessions keep the memory of a run for the next one. @default as the memory of pack and machine allows */
  readonly arena?: boolean | undefined;
}

/** Where the work stands. `done` and `total` count windows or slices within the stage. */
export interface Progress {
  readonly stage: Stage;
  readonly done: number;
  readonly total: number;
}
export type OnProgress = (progress: Progress) => void;

export interface InferRequest {
  readonly prompts: readonly Prompt[];
  readonly modality: Modality;
  readonly options: JobOptions;
  /** Probability maps will be asked for; a label-map engine then keeps four bytes a voxel and prompt. */
  readonly wantProbabilities: boolean;
  /** Masks of single prompts will be asked for. @default true */
  readonly wantMasks?: boolean | undefined;
  /** Existing folder for files that last as long as `Found`. @default the system's folder for temporary files */
  readonly scratchFolder?: string | undefined;
}

/** What an engine found, on the input's own grid. */
export interface Found {
  /** Label number per voxel, 0 is background. */
  readonly labels: Volume<Uint8Array | Uint16Array>;
  /** One mask per prompt, in the order of the prompts; they may overlap where the label map cannot. */
  mask(promptIndex: number): Uint8Array;
  /** One probability map per prompt, 0 to 1, when it was asked for. */
  probabilities?(promptIndex: number): Float32Array;
  /** The mask in pieces, in memory order, from engines that never hold one whole. */
  maskPieces?(promptIndex: number): Iterable<Uint8Array>;
  /** The probability map in pieces, in memory order, from engines that never hold one whole. */
  probabilityPieces?(promptIndex: number): Iterable<Float32Array>;
  /** Edges between the objects of a prompt that asks for instances, in pieces like the mask's: 1 on an edge. */
  edgePieces?(promptIndex: number): Iterable<Uint8Array>;
  /** Labels that the label map shows in part only, since others claim their voxels, and who got these. */
  readonly hidden: {
    readonly labels: readonly number[];
    readonly rule: 'smallest target' | 'most probable prompt' | 'most specific prompt';
  };
  readonly findings: readonly Finding[];
  readonly preparation: readonly string[];
  readonly warnings: readonly string[];
  /** Gives back scratch files; masks and probabilities cannot be asked for afterwards. */
  close?(): Promise<void>;
}

/** Runs one loaded pack. Sessions are created once and used for many volumes, one at a time. */
export interface Engine {
  readonly pack: LoadedPack;
  readonly device: string;
  infer(image: NiftiImage, request: InferRequest, onProgress: OnProgress, signal: AbortSignal): Promise<Found>;
  close(): Promise<void>;
}

export interface SegmentRequest extends Omit<InferRequest, 'wantProbabilities' | 'wantMasks' | 'scratchFolder'> {
  /** A .nii, .nii.gz or .npz file, or a DICOM series: a folder or a zip file. */
  readonly inputPath: string;
  readonly outputs: OutputOptions;
  /** Existing folder that receives the output files. */
  readonly outputFolder: string;
  readonly limits: { readonly maxVoxels: number };
}

export interface LocalOutput {
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly contentType: string;
}

export interface SegmentResult {
  readonly geometry: Geometry;
  readonly findings: readonly Finding[];
  readonly preparation: readonly string[];
  readonly warnings: readonly string[];
  readonly timingsMs: Partial<Record<Stage, number>>;
  readonly outputs: readonly LocalOutput[];
  readonly device: string;
  readonly graphs: Record<string, string>;
  readonly peakMemoryBytes: number;
}
