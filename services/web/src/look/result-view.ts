import type { LabelMode, LabelStyle } from '../viewer/labels.js';
import type { Scene, SceneVolume } from '../viewer/scene.js';
import type { Below } from './below.js';

/** What the viewer is doing, for its overlay. */
export type Busy = { readonly what: string; readonly share?: number } | undefined;

/** The view that the result appears in. */
export interface ResultView {
  readonly scene: Scene | undefined;
  /** True once the input is shown; the labels wait for it. */
  readonly shown: () => Promise<boolean>;
  readonly styles: readonly LabelStyle[] | undefined;
  readonly setStyles: (styles: readonly LabelStyle[]) => void;
  readonly mode: LabelMode;
  readonly setBusy: (busy: Busy) => void;
  readonly below: Below | undefined;
  readonly setBelow: (below: Below) => void;
  readonly onVolume: (volume: SceneVolume) => void;
}
