import { existsSync } from 'node:fs';
import ort from 'onnxruntime-node';
import { Problem } from '@parse3d/contract/problems';

/** A dense tensor, last axis fastest. */
export type Tensor =
  | { readonly type: 'float32'; readonly data: Float32Array; readonly shape: readonly number[] }
  | { readonly type: 'int64'; readonly data: BigInt64Array; readonly shape: readonly number[] }
  | { readonly type: 'bool'; readonly data: Uint8Array; readonly shape: readonly number[] };

/** What a graph takes or gives: an axis without a fixed length is named by a text, or is '' when nameless. */
export interface TensorInfo {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly (number | string)[];
}

export interface SessionOptions {
  /** `cpu`, or `cuda:<index>`. */
  readonly device: string;
  /** CPU threads of one run. @default the number of cores, as ONNX Runtime counts them */
  readonly threads?: number | undefined;
  /**
   * Keeps the memory of a run for the next one: faster, and the session holds its peak until it is closed. See
   * `memory-policy.ts`. @default false
   */
  readonly arena?: boolean | undefined;
}

/** One graph, ready to run. Runs are one at a time: `run` blocks its thread for the whole inference. */
export interface Session {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  /**
   * Runs the graph and returns its outputs by name. Arrays given in `into` receive outputs in place, so that a loop over
   * windows allocates nothing; their shape must be the one that the graph gives.
   * @param wanted names of the outputs to fetch when `into` is not given @default all
   * @throws Problem `inference-failed`, or `memory-cap` when memory ran out
   */
  run(
    feeds: Readonly<Record<string, Tensor>>,
    into?: Readonly<Record<string, Tensor>>,
    wanted?: readonly string[],
  ): Promise<Record<string, Tensor>>;
  close(): Promise<void>;
}

/**
 * Opens a graph from a file or from bytes.
 * @throws Problem `dependency-missing` when the device's provider is not installed, `inference-failed` when the graph
 * cannot be loaded, `config-invalid` when the device is neither `cpu` nor `cuda:<index>`
 */
export async function openSession(graph: string | Uint8Array, options: SessionOptions): Promise<Session> {
  if (typeof graph === 'string' && !existsSync(graph)) {
    throw new Problem('inference-failed', `expected a graph at ${graph}, there is no such file`, { graph });
  }
  const settings = sessionSettings(options);
  // What goes wrong is thrown; the runtime need not print it as well.
  ort.env.logLevel = 'fatal';
  let session: ort.InferenceSession;
  try {
    session = await (typeof graph === 'string'
      ? ort.InferenceSession.create(graph, settings)
      : ort.InferenceSession.create(graph, settings));
  } catch (error) {
    throw options.device === 'cpu' ? asProblem(error) : asDeviceProblem(error, options.device);
  }
  return {
    inputs: session.inputMetadata.map(describe),
    outputs: session.outputMetadata.map(describe),
    run: (feeds, into, wanted) => run(session, feeds, into, wanted),
    close: () => session.release(),
  };
}

function sessionSettings({ device, threads, arena = false }: SessionOptions): ort.InferenceSession.SessionOptions {
  return {
    executionProviders: executionProviders(device),
    graphOptimizationLevel: 'all',
    executionMode: 'sequential',
    interOpNumThreads: 1,
    ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
    enableCpuMemArena: arena,
    enableMemPattern: arena,
    logSeverityLevel: 4,
  };
}

function executionProviders(device: string): ort.InferenceSession.ExecutionProviderConfig[] {
  if (device === 'cpu') return ['cpu'];
  const deviceId = /^cuda:(\d{1,2})$/.exec(device)?.[1];
  if (deviceId === undefined) {
    throw new Problem('config-invalid', `expected the device cpu or cuda:<index>, got ${device}`, { device });
  }
  return [{ name: 'cuda', deviceId: Number(deviceId) }, 'cpu'];
}

async function run(
  session: ort.InferenceSession,
  feeds: Readonly<Record<string, Tensor>>,
  into: Readonly<Record<string, Tensor>> | undefined,
  wanted: readonly string[] | undefined,
): Promise<Record<string, Tensor>> {
  try {
    const results =
      into === undefined
        ? await session.run(mapValues(feeds, toOrt), wanted === undefined ? session.outputNames : [...wanted])
        : await session.run(mapValues(feeds, toOrt), mapValues(into, toOrt));
    return mapValues(results, fromOrt);
  } catch (error) {
    throw asProblem(error);
  }
}

function toOrt(tensor: Tensor): ort.Tensor {
  switch (tensor.type) {
    case 'float32':
      return new ort.Tensor('float32', tensor.data, tensor.shape);
    case 'int64':
      return new ort.Tensor('int64', tensor.data, tensor.shape);
    case 'bool':
      return new ort.Tensor('bool', tensor.data, tensor.shape);
  }
}

function fromOrt(tensor: ort.OnnxValue): Tensor {
  const { data, type, dims: shape } = tensor;
  if (data instanceof Float32Array && type === 'float32') return { type, data, shape };
  if (data instanceof BigInt64Array && type === 'int64') return { type, data, shape };
  if (data instanceof Uint8Array && type === 'bool') return { type, data, shape };
  throw new Problem('inference-failed', `expected a graph output of float32, int64 or bool, got ${type}`, { type });
}

function describe(metadata: ort.InferenceSession.ValueMetadata): TensorInfo {
  return metadata.isTensor
    ? { name: metadata.name, type: metadata.type, shape: metadata.shape }
    : { name: metadata.name, type: 'not a tensor', shape: [] };
}

function mapValues<A, B>(record: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}

function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (/bad_alloc|failed to allocate|out of memory|Array buffer allocation failed/i.test(message)) {
    return new Problem(
      'memory-cap',
      `ONNX Runtime ran out of memory: ${message}; use a pack with smaller windows, or a machine with more memory`,
      {},
      { cause: error },
    );
  }
  return new Problem('inference-failed', `ONNX Runtime: ${message}`, {}, { cause: error });
}

/** A missing provider, library or GPU is a matter of installation; anything else about the graph is not. */
function asDeviceProblem(error: unknown, device: string): Problem {
  const message = error instanceof Error ? error.message : String(error);
  if (!/provider|cuda|backend|libcu|\.so/i.test(message)) return asProblem(error);
  return new Problem(
    'dependency-missing',
    `expected a CUDA provider for ${device}, ONNX Runtime says: ${message}; run \`npm run install:cuda\` on a machine with an NVIDIA GPU, or use the device cpu`,
    { device },
    { cause: error },
  );
}
