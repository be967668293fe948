import { join } from 'node:path';
import { makeGeometry } from '@parse3d/volume/geometry';
import { readNifti, writeNifti, type NiftiImage } from '@parse3d/volume/formats';
import { scratchFolder } from '@parse3d/testing';
import { expect, test } from 'vitest';
import { openSession, type Session } from '../engine/src/engines/onnx.js';
import { openPromptableSlicesEngine } from '../engine/src/engines/promptable-slices/index.js';
import { antialiasedPlan, SquareResizer } from '../engine/src/engines/promptable-slices/slices/resize.js';
import { sigmoid } from '../engine/src/engines/promptable-slices/slices/slice-scores.js';
import { loadPack } from '../engine/src/packs/index.js';
import type { Engine } from '../engine/src/types.js';
import { readTestNpz, type NpyArray } from '../engine/test/promptable-slices/npz.js';
import { heading, row } from './support.js';

// PARSE3D_BENCH_PACK: folder of a pack that tools/export_biomedparse wrote.
// PARSE3D_BENCH_REFERENCE: what its infer.py wrote with the same weights.
// PARSE3D_BENCH_VOLUME: the challenge's .npz that infer.py read, where the whole of it was run.
const packFolder = process.env['PARSE3D_BENCH_PACK'];
const referencePath = process.env['PARSE3D_BENCH_REFERENCE'];
const volumePath = process.env['PARSE3D_BENCH_VOLUME'];
const threads = Number(process.env['PARSE3D_BENCH_THREADS'] ?? 2);

/** An array of z, y, x as a volume in LPS. */
async function imageOf({ shape, data }: NpyArray): Promise<NiftiImage> {
  const [nk = 0, nj = 0, ni = 0] = shape;
  const folder = await scratchFolder('bench');
  try {
    const path = join(folder.path, 'volume.nii');
    const geometry = makeGeometry([ni, nj, nk], [-1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]);
    await writeNifti(path, { geometry, datatype: 'uint8' }, Uint8Array.from(data));
    return await readNifti(path);
  } finally {
    await folder.remove();
  }
}

interface Spent {
  /** Wall time. */
  readonly ms: number;
  /** Processor time of all threads. */
  readonly cpuMs: number;
}

function clock(): () => Spent {
  const startedAt = performance.now();
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return { ms: performance.now() - startedAt, cpuMs: (user + system) / 1000 };
  };
}

/** Opens a pack and counts the time that its graphs take. */
async function openTimed(folder: string, slicesPerPass: number): Promise<{ engine: Engine; network: () => Spent }> {
  let ms = 0;
  let cpuMs = 0;
  const open = async (...args: Parameters<typeof openSession>): Promise<Session> => {
    const session = await openSession(...args);
    return {
      ...session,
      run: async (feeds, into) => {
        const stop = clock();
        const outputs = await session.run(feeds, into);
        const spent = stop();
        ms += spent.ms;
        cpuMs += spent.cpuMs;
        return outputs;
      },
    };
  };
  const loaded = await loadPack(folder);
  if (loaded.pack.kind !== 'promptable-slices') throw new Error('expected a promptable pack');
  const options = { device: 'cpu', threads, slicesPerPass };
  return {
    engine: await openPromptableSlicesEngine(loaded, loaded.pack, options, open),
    network: () => ({ ms, cpuMs }),
  };
}

const silent = (): undefined => undefined;

test.skipIf(packFolder === undefined || referencePath === undefined)(
  'the published pipeline, voxel by voxel (PARSE3D_BENCH_PACK and PARSE3D_BENCH_REFERENCE say which)',
  async () => {
    const arrays = await readTestNpz(referencePath ?? '');
    const get = (name: string): NpyArray => {
      const array = arrays.get(name);
      if (array === undefined) throw new Error(`${name} is missing`);
      return array;
    };
    const texts = Buffer.from(get('prompts').data).toString('utf8').split('\n');
    const labels = [...get('labels').data];
    const whole = volumePath === undefined ? undefined : (await readTestNpz(volumePath, ['imgs'])).get('imgs');
    const image = await imageOf(whole ?? get('slices'));
    const [, depth = 0, maskSize = 0] = get('mask_logits').shape;
    const { engine, network } = await openTimed(packFolder ?? '', 1);
    const stop = clock();
    const found = await engine.infer(
      image,
      {
        prompts: texts.map((text, n) => ({ text, label: labels[n] ?? 0 })),
        modality: 'ct',
        options: { seed: get('noise_seed').data[0] ?? 0 },
        wantProbabilities: whole === undefined,
      },
      silent,
      new AbortController().signal,
    );
    const [all, inside] = [stop(), network()];
    row(heading('promptable-slices'), '');
    const show = (wall: number, cpu: number): string =>
      `${(wall / 1000).toFixed(2)} s, processor ${(cpu / 1000).toFixed(2)} s`;
    row(`${depth} slices, ${texts.length} prompts, ${threads} threads: network`, show(inside.ms, inside.cpuMs));
    row('everything but the network', show(all.ms - inside.ms, all.cpuMs - inside.cpuMs));

    const restored = get(whole === undefined ? 'segmentation' : 'restored').data;
    const { data } = found.labels;
    let differing = 0;
    for (let n = 0; n < data.length; n++) if (data[n] !== restored[n]) differing++;
    row('voxels of the label map that differ', `${differing} of ${data.length}`);
    expect(differing / data.length).toBeLessThan(1e-3);

    if (whole === undefined) {
      const size = get('slices').shape[1] ?? 0;
      const resizer = new SquareResizer(antialiasedPlan(maskSize, size));
      const plane = new Float32Array(size * size);
      let worst = 0;
      let keptElsewhere = 0;
      for (let prompt = 0; prompt < texts.length; prompt++) {
        const map = found.probabilities?.(prompt) ?? new Float32Array();
        for (let slice = 0; slice < depth; slice++) {
          const at = prompt * depth + slice;
          const ours = map.subarray(slice * size * size, (slice + 1) * size * size);
          const kept = get('kept').data[at] === 1;
          if (kept !== ours.some((p) => p > 0)) {
            keptElsewhere++;
            continue;
          }
          if (!kept) continue;
          const logits = get('mask_logits').data.subarray(at * maskSize ** 2, (at + 1) * maskSize ** 2);
          resizer.run(Float32Array.from(logits), plane);
          for (let n = 0; n < plane.length; n++)
            worst = Math.max(worst, Math.abs(sigmoid(plane[n] ?? 0) - (ours[n] ?? 0)));
        }
      }
      row('largest difference of a probability', worst.toExponential(2));
      row('masks of a slice kept by one and not the other', `${keptElsewhere} of ${texts.length * depth}`);
      expect(worst).toBeLessThan(2e-3);
    }
    await found.close?.();
    await engine.close();
  },
);
