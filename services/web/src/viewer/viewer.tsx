import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { choose, convention, type Convention } from './convention.js';
import { Letters } from './letters.js';
import type { Crosshair, Layout, Scene, Tile } from './scene.js';

const layouts: readonly { id: Layout; name: string; key: string }[] = [
  { id: 'planes', name: 'Multi', key: '1' },
  { id: 'axial', name: 'Axial', key: '2' },
  { id: 'coronal', name: 'Coronal', key: '3' },
  { id: 'sagittal', name: 'Sagittal', key: '4' },
  { id: 'solid', name: '3D', key: '5' },
];

/** By key: steps along right (of the screen), anterior and superior. */
const steps: Record<string, readonly [number, number, number]> = {
  ArrowLeft: [-1, 0, 0],
  ArrowRight: [1, 0, 0],
  ArrowUp: [0, 1, 0],
  ArrowDown: [0, -1, 0],
  PageUp: [0, 0, 1],
  PageDown: [0, 0, -1],
};

/**
 * The canvas with its toolbar and its line of values. The library behind it is loaded when this is first shown.
 *
 * @param onScene given the scene when it is open, and undefined when it closes
 * @param nameOf the name of a label by its place in the table
 * @param busy what is being loaded, for the overlay
 * @param shown changes when another volume is shown
 */
export function Viewer(props: {
  onScene: (scene: Scene | undefined) => void;
  nameOf?: (place: number) => string | undefined;
  busy?: { what: string; share?: number | undefined } | undefined;
  empty?: ComponentChildren;
  tools?: ComponentChildren;
  label: string;
  shown?: unknown;
  /** Opens the view; before that its code is only fetched, when the browser has nothing else to do. @default true */
  wanted?: boolean;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [scene, setScene] = useState<Scene>();
  const [layout, setLayout] = useState<Layout>(() => (matchMedia('(max-width: 700px)').matches ? 'axial' : 'planes'));
  const [at, setAt] = useState<Crosshair>();
  const [failed, setFailed] = useState<string>();
  const [tiles, setTiles] = useState<readonly Tile[]>([]);
  const radiological = convention.value === 'radiological';

  // Once open it stays so: a canvas whose view was closed never draws again.
  const opened = useRef(false);
  opened.current ||= props.wanted ?? true;
  const wanted = opened.current;
  useEffect(() => {
    const element = canvas.current;
    if (element === null) return;
    if (!wanted) {
      const fetchAhead = (): void => void import('./scene.js').catch(() => undefined);
      // Safari has no idle callback.
      const timer = setTimeout(
        () => ('requestIdleCallback' in window ? requestIdleCallback(fetchAhead) : fetchAhead()),
        1_500,
      );
      return () => clearTimeout(timer);
    }
    let open: Scene | undefined;
    let gone = false;
    import('./scene.js')
      .then(async ({ Scene }) => {
        if (gone) return;
        open = await Scene.open(element, setAt);
        if (gone) return open.close();
        setScene(open);
        props.onScene(open);
      })
      .catch((error: unknown) =>
        setFailed(
          `The viewer needs WebGL 2, which this browser does not give (${error instanceof Error ? error.message : String(error)}). Everything else works; results can be downloaded.`,
        ),
      );
    return () => {
      gone = true;
      props.onScene(undefined);
      open?.close();
      setScene(undefined);
    };
  }, [wanted]);

  useEffect(() => scene?.setLayout(layout), [scene, layout]);
  useEffect(() => scene?.setRadiological(radiological), [scene, radiological]);

  // Where the planes lie is known once they are drawn; a first crosshair says so.
  const drawn = at !== undefined;
  useEffect(() => {
    const element = canvas.current;
    if (scene === undefined || element === null || !drawn) return;
    let frame = 0;
    const look = (): void => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => (frame = requestAnimationFrame(() => setTiles(scene.tiles()))));
    };
    look();
    const observer = new ResizeObserver(look);
    observer.observe(element);
    return () => {
      observer.disconnect();
      cancelAnimationFrame(frame);
    };
  }, [scene, layout, drawn, props.shown]);

  const onKey = (event: KeyboardEvent): void => {
    if (scene === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    const chosen = layouts.find(({ key }) => key === event.key);
    const step = steps[event.key];
    if (chosen !== undefined) setLayout(chosen.id);
    else if (step !== undefined) {
      const far = event.shiftKey ? 10 : 1;
      if (layout === 'solid') scene.turn(step[0] * 5 * far, (step[1] + step[2]) * 5 * far);
      // An arrow moves the crosshair to where it points on the screen.
      else scene.move((radiological ? -1 : 1) * step[0] * far, step[1] * far, step[2] * far);
    } else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  };

  return (
    <section class="viewer" aria-label={props.label}>
      <div class="viewer-bar" role="toolbar" aria-label="View">
        <div class="segmented">
          {layouts.map(({ id, name, key }) => (
            <button
              type="button"
              key={id}
              aria-pressed={layout === id}
              title={`${name} (key ${key} in the image)`}
              onClick={() => setLayout(id)}
            >
              {name}
            </button>
          ))}
        </div>
        <label class="select">
          <span class="visually-hidden">Left and right</span>
          <select
            title="Radiological: the patient’s left on the right of the picture, as in preview.png. This browser remembers it."
            value={convention.value}
            onChange={(event) => choose(event.currentTarget.value as Convention)}
          >
            <option value="radiological">Radiological: R | L</option>
            <option value="neurological">Neurological: L | R</option>
          </select>
        </label>
        {props.tools}
      </div>
      <div class="viewer-stage">
        <canvas
          ref={canvas}
          tabIndex={0}
          role="application"
          aria-label={`${props.label}. Arrow keys move the crosshair in the axial plane, Page Up and Page Down through it, with Shift by ten voxels; 1 to 5 choose the view.`}
          aria-describedby="crosshair"
          onKeyDown={onKey}
        />
        {props.empty === undefined && <Letters tiles={tiles} convention={convention.value} />}
        {props.empty !== undefined && <div class="viewer-cover">{props.empty}</div>}
        {props.busy !== undefined && (
          <div class="viewer-busy" role="status">
            <span>{props.busy.what}</span>
            <progress
              max={1}
              aria-label={props.busy.what}
              {...(props.busy.share === undefined ? {} : { value: props.busy.share })}
            />
          </div>
        )}
        {failed !== undefined && (
          <div class="viewer-cover" role="alert">
            <p>{failed}</p>
          </div>
        )}
      </div>
      <Readout at={at} nameOf={props.nameOf} />
    </section>
  );
}

function Readout({
  at,
  nameOf,
}: {
  at: Crosshair | undefined;
  nameOf: ((place: number) => string | undefined) | undefined;
}) {
  const number = (value: number): string => (Number.isInteger(value) ? String(value) : value.toPrecision(4));
  return (
    <dl class="readout" id="crosshair" aria-live="polite">
      <div>
        <dt>Voxel</dt>
        <dd>{at === undefined ? '–' : at.voxel.join(', ')}</dd>
      </div>
      <div>
        <dt>RAS mm</dt>
        <dd>{at === undefined ? '–' : at.mm.map((value) => value.toFixed(1)).join(', ')}</dd>
      </div>
      <div>
        <dt>Value</dt>
        <dd>{at?.value === undefined ? '–' : number(at.value)}</dd>
      </div>
      {nameOf !== undefined && (
        <div class="grow">
          <dt>Label</dt>
          <dd>{at?.label === undefined ? 'none' : (nameOf(at.label) ?? 'none')}</dd>
        </div>
      )}
      {at?.probability !== undefined && (
        <div>
          <dt>Probability</dt>
          <dd>{at.probability.toFixed(3)}</dd>
        </div>
      )}
    </dl>
  );
}
