import { MaskSpool } from './mask-spool.js';

/** Scratch files of a run, which last until `Found` is closed. */
export interface Scratch {
  /** Mask logits; absent where no mask outlasts its slice. */
  readonly masks: MaskSpool | undefined;
  /** Logits of the edges between objects; absent where the pack has none or nobody asks for objects. */
  readonly edges: MaskSpool | undefined;
  close(): void;
}

export interface ScratchRequest {
  readonly folder: string | undefined;
  /** The model's slices. */
  readonly slices: number;
  readonly prompts: number;
  /** Side of a mask, in pixels. */
  readonly maskSize: number;
  readonly masks: boolean;
  readonly edges: boolean;
}

export function openScratch({ folder, slices, prompts, maskSize, ...wanted }: ScratchRequest): Scratch {
  const open = (): MaskSpool => new MaskSpool(folder, slices, prompts, maskSize);
  const masks = wanted.masks ? open() : undefined;
  const edges = wanted.edges ? open() : undefined;
  return {
    masks,
    edges,
    close() {
      masks?.close();
      edges?.close();
    },
  };
}
