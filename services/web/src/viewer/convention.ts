import { signal } from '@preact/signals';

/**
 * How left and right are drawn: `radiological` has the patient's left on the right of the picture, as `preview.png` has,
 * `neurological` on its left.
 */
export type Convention = 'radiological' | 'neurological';

const STORED_AS = 'parse3d.convention';

/** The browser remembers the choice. @default 'radiological' */
export const convention = signal<Convention>(
  localStorage.getItem(STORED_AS) === 'neurological' ? 'neurological' : 'radiological',
);

export function choose(next: Convention): void {
  localStorage.setItem(STORED_AS, next);
  convention.value = next;
}
