import type { PromptableSlicesModel } from '@parse3d/contract';
import { Problem } from '@parse3d/contract/problems';
import type { Session, Tensor } from '../../onnx.js';

/** Rows (slices times prompts) of one decoder run: its memory grows with them, its speed hardly does. */
const DECODER_ROWS = 8;

/** Prompts that go through the decoder together. */
export interface PromptChunk {
  /** Their places in the job. */
  readonly prompts: readonly number[];
  /** [L, P, C] */
  readonly tokens: Tensor;
}

/** Most prompts of one chunk. */
export const CHUNK_PROMPTS = DECODER_ROWS;

export type Features = Readonly<Record<string, Tensor>>;

/** What the decoder says of one prompt in one slice; the logits are views, used again by the next run. */
interface DecodedRow {
  readonly maskLogits: Float32Array;
  /** Logits of the edges between objects, when they were asked for. */
  readonly edgeLogits: Float32Array | undefined;
  readonly existence: number;
}
export type OnRow = (slice: number, prompt: number, row: DecodedRow) => void;

interface Decoded {
  readonly masks: Float32Array;
  readonly edges: Float32Array | undefined;
  readonly existence: Float32Array;
}

/** The image encoder and the decoder, with memory for their outputs that is used again from pass to pass. */
export class SliceNetwork {
  readonly #model: PromptableSlicesModel;
  readonly #image: Session;
  readonly #decoder: Session;
  readonly #featureNames: readonly string[];
  readonly #memory = new Map<string, Features>();

  constructor(model: PromptableSlicesModel, image: Session, decoder: Session) {
    const others = new Set(['tokens', ...model.noise.map(({ input }) => input)]);
    this.#model = model;
    this.#image = image;
    this.#decoder = decoder;
    this.#featureNames = decoder.inputs.map(({ name }) => name).filter((name) => !others.has(name));
    const given = image.outputs.map(({ name }) => name);
    const missing = this.#featureNames.find((name) => !given.includes(name));
    if (missing !== undefined) {
      throw new Problem(
        'pack-invalid',
        `the decoder ${model.decoder} wants ${missing}, the image encoder ${model.imageEncoder} gives ${given.join(', ')}`,
        { file: model.decoder, value: missing },
      );
    }
  }

  /**
   * @param image float32 [slices, 3, imageSize, imageSize], normalised
   * @param positions of the slices in the volume, -1 to 1
   */
  async encode(image: Float32Array, slices: number, positions: Float32Array): Promise<Features> {
    const { imageSize, positionInput } = this.#model;
    const position: Features =
      positionInput === undefined ? {} : { [positionInput]: { type: 'float32', data: positions, shape: [slices] } };
    const feeds: Features = {
      image: { type: 'float32', data: image, shape: [slices, 3, imageSize, imageSize] },
      ...position,
    };
    return this.#run(this.#image, `image ${slices}`, feeds);
  }

  /**
   * Runs every slice with the chunk's prompts; `noises` are one draw per sample, whose logits are averaged.
   * @param wantEdges whether the edge logits are fetched, of a decoder that gives them
   */
  async decode(
    features: Features,
    slices: number,
    chunk: PromptChunk,
    noises: readonly Features[],
    wantEdges: boolean,
    onRow: OnRow,
  ): Promise<void> {
    const prompts = chunk.prompts.length;
    const together = Math.max(1, Math.floor(DECODER_ROWS / prompts));
    for (let first = 0; first < slices; first += together) {
      const count = Math.min(together, slices - first);
      const part = this.#part(features, first, count);
      const { masks, edges, existence } = await this.#average(part, count, chunk, noises, wantEdges);
      const pixels = this.#model.maskSize ** 2;
      for (let row = 0; row < count * prompts; row++) {
        const prompt = chunk.prompts[row % prompts] ?? 0;
        const view = (logits: Float32Array): Float32Array => logits.subarray(row * pixels, (row + 1) * pixels);
        onRow(first + Math.floor(row / prompts), prompt, {
          maskLogits: view(masks),
          edgeLogits: edges && view(edges),
          existence: existence[row],
        });
      }
    }
  }

  async #average(
    features: Features,
    slices: number,
    { tokens, prompts }: PromptChunk,
    noises: readonly Features[],
    wantEdges: boolean,
  ): Promise<Decoded> {
    const edgeOutput = wantEdges ? this.#model.edgeOutput : undefined;
    const wanted = ['mask_logits', 'existence', ...(edgeOutput === undefined ? [] : [edgeOutput])];
    const key = `decoder ${slices} ${prompts.length} ${edgeOutput ?? ''}`;
    let sum: Decoded | undefined;
    for (const noise of noises) {
      const outputs = await this.#run(this.#decoder, key, { ...features, ...noise, tokens }, wanted);
      const given = this.#check(outputs, slices * prompts.length, edgeOutput);
      if (noises.length === 1) return given;
      sum ??= {
        masks: new Float32Array(given.masks.length),
        edges: given.edges && new Float32Array(given.edges.length),
        existence: new Float32Array(given.existence.length),
      };
      addTo(sum.masks, given.masks, 1 / noises.length);
      if (sum.edges && given.edges) addTo(sum.edges, given.edges, 1 / noises.length);
      addTo(sum.existence, given.existence, 1 / noises.length);
    }
    return sum ?? { masks: new Float32Array(0), edges: undefined, existence: new Float32Array(0) };
  }

  #check(outputs: Features, rows: number, edgeOutput: string | undefined): Decoded {
    const { mask_logits: masks, existence } = outputs;
    const edges = edgeOutput === undefined ? undefined : outputs[edgeOutput];
    const { maskSize } = this.#model;
    const expected = [rows, 1, maskSize, maskSize];
    if (masks?.type !== 'float32' || existence?.type !== 'float32' || masks.shape.join() !== expected.join()) {
      throw new Problem(
        'inference-failed',
        `expected float32 mask_logits ${expected.join('×')} and existence from the decoder, got ${masks?.type ?? 'nothing'} ${masks?.shape.join('×') ?? ''}`,
        { expected, actual: masks?.shape ?? null },
      );
    }
    if (!existence.data.every(Number.isFinite)) {
      throw new Problem(
        'inference-failed',
        'expected finite numbers from the decoder, it gave infinity or not-a-number',
      );
    }
    if (edgeOutput !== undefined && (edges?.type !== 'float32' || edges.shape.join() !== expected.join())) {
      throw new Problem(
        'inference-failed',
        `expected float32 ${edgeOutput} ${expected.join('×')} from the decoder, got ${edges?.type ?? 'nothing'} ${edges?.shape.join('×') ?? ''}`,
        { expected, actual: edges?.shape ?? null },
      );
    }
    return { masks: masks.data, edges: edges?.type === 'float32' ? edges.data : undefined, existence: existence.data };
  }

  /** The first run of a kind shows how large its outputs are; later ones write into the same memory. */
  async #run(session: Session, kind: string, feeds: Features, wanted?: readonly string[]): Promise<Features> {
    const known = this.#memory.get(kind);
    const outputs = await session.run(feeds, known, wanted);
    if (known === undefined) this.#memory.set(kind, outputs);
    return outputs;
  }

  /** Views of some slices' features. */
  #part(features: Features, first: number, count: number): Features {
    return Object.fromEntries(
      this.#featureNames.map((name) => {
        const tensor = features[name];
        if (tensor?.type !== 'float32') {
          throw new Problem(
            'inference-failed',
            `expected float32 ${name} from the image encoder, got ${tensor?.type ?? 'nothing'}`,
          );
        }
        const [slices = 1, ...rest] = tensor.shape;
        const each = tensor.data.length / slices;
        const data = tensor.data.subarray(first * each, (first + count) * each);
        return [name, { type: 'float32', data, shape: [count, ...rest] }];
      }),
    );
  }
}

function addTo(sum: Float32Array, values: Float32Array, weight: number): void {
  for (let n = 0; n < sum.length; n++) sum[n] = sum[n] + weight * values[n];
}
