import type { Convention } from './convention.js';
import type { Tile } from './scene.js';

/** Letters at the left, right, upper and lower edge of each plane. */
function lettersOf(plane: Tile['plane'], convention: Convention): readonly [string, string, string, string] {
  const [left, right] = convention === 'radiological' ? ['R', 'L'] : ['L', 'R'];
  switch (plane) {
    case 'axial':
      return [left, right, 'A', 'P'];
    case 'coronal':
      return [left, right, 'S', 'I'];
    case 'sagittal':
      // The face looks to the left in both conventions.
      return ['A', 'P', 'S', 'I'];
  }
}

const edges = ['left', 'right', 'top', 'bottom'] as const;

/** Orientation letters inside the four edges of every plane. */
export function Letters({ tiles, convention }: { tiles: readonly Tile[]; convention: Convention }) {
  return (
    <div class="letters" aria-hidden="true">
      {tiles.map(({ plane, left, top, width, height }) => (
        <div
          key={plane}
          data-plane={plane}
          style={{ left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` }}
        >
          {lettersOf(plane, convention).map((letter, at) => (
            <span key={edges[at]} class={`edge-${edges[at] ?? ''}`}>
              {letter}
            </span>
          ))}
        </div>
      ))}
    </div>
  );
}
