import { useEffect, useRef, useState } from 'preact/hooks';
import { volumePath } from '../api/calls.js';
import { download } from '../api/files.js';
import { keptVolume } from '../viewer/last-volume.js';
import type { Scene, SceneVolume } from '../viewer/scene.js';
import { isUnseen, type Source } from './draft.js';
import { whyNotWhole } from './whole-file.js';

/** Larger files are not shown before they were submitted: the browser would need several times as much memory. */
const LARGEST_PREVIEW = 1_500_000_000;

/** What the page is doing, for the overlay of the view. */
export type Doing = { readonly what: string; readonly share?: number | undefined } | undefined;

/** What is seen of the volume that was chosen. */
export interface Shown {
  readonly volume: SceneVolume | undefined;
  /** Why it is not seen. */
  readonly unseen: unknown;
  /** Why it cannot be a whole volume. */
  readonly cutOff: string | undefined;
  /** Bytes of the volume that is shown. */
  readonly content: () => ArrayBuffer | undefined;
}

/** Shows what was chosen, as far as a browser can. */
export function useShown(scene: Scene | undefined, source: Source | undefined, setBusy: (busy: Doing) => void): Shown {
  const [volume, setVolume] = useState<SceneVolume>();
  const [unseen, setUnseen] = useState<unknown>();
  const [cutOff, setCutOff] = useState<string>();
  const content = useRef<ArrayBuffer>(undefined);
  useEffect(() => {
    let current = true;
    const show = async (): Promise<void> => {
      setUnseen(undefined);
      setVolume(undefined);
      setCutOff(undefined);
      content.current = undefined;
      if (scene === undefined || source === undefined || source.kind === 'folder' || source.kind === 'files') return;
      if (isUnseen(source) || (source.kind === 'file' && source.file.size > LARGEST_PREVIEW)) return;
      setBusy({ what: 'Reading the volume' });
      const broken = source.kind === 'file' ? await whyNotWhole(source.file) : undefined;
      if (!current) return;
      setCutOff(broken);
      if (broken !== undefined) return;
      const bytes =
        source.kind === 'file'
          ? await source.file.arrayBuffer()
          : (keptVolume(source.uri) ??
            (await download(
              volumePath(source.uri),
              (share) => current && setBusy({ what: 'Fetching the volume', share }),
            )));
      const found = await scene.showVolume(bytes, source.kind === 'file' ? source.file.name : 'volume.nii.gz');
      if (!current) return;
      content.current = bytes;
      setVolume(found);
    };
    show()
      .catch((error: unknown) => current && setUnseen(error))
      .finally(() => current && setBusy(undefined));
    return () => {
      current = false;
    };
  }, [scene, source]);
  return { volume, unseen, cutOff, content: () => content.current };
}
