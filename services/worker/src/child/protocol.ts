import type { ProblemJson } from '@parse3d/contract/problems';
import type { Progress, SegmentRequest, SegmentResult } from '@parse3d/engine';

/** What the parent tells its child. */
export type ToChild =
  | {
      readonly type: 'init';
      readonly packFolders: readonly string[];
      readonly device: string;
      readonly threads: number;
      readonly slicesPerPass?: number | undefined;
      readonly memoryCapBytes: number;
    }
  | { readonly type: 'segment'; readonly packId: string; readonly request: SegmentRequest }
  | { readonly type: 'check-pack'; readonly packId: string }
  | { readonly type: 'abort' };

/** What the child tells its parent. */
export type FromChild =
  | { readonly type: 'ready'; readonly packs: readonly { id: string; version: string }[] }
  /** The answer to `check-pack` when the pack can be used. */
  | { readonly type: 'pack-ready'; readonly pack: { id: string; version: string } }
  | { readonly type: 'model-loaded'; readonly packId: string; readonly durationMs: number }
  | { readonly type: 'progress'; readonly progress: Progress }
  | { readonly type: 'done'; readonly result: SegmentResult }
  | { readonly type: 'problem'; readonly problem: ProblemJson };
