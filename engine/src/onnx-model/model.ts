import { z } from 'zod';

/** Element types of ONNX tensors that parse3d writes, by the standard's numbers. */
export const elementTypes = { float32: 1, int64: 7, bool: 9 } as const;
export type ElementType = keyof typeof elementTypes;

/** Kinds of attribute values, by the standard's numbers. */
export const attributeTypes = { float: 1, int: 2, string: 3, floats: 6, ints: 7, strings: 8 } as const;

const bytes = z.instanceof(Uint8Array);

export const OnnxTensor = z.object({
  dims: z.array(z.number()).default([]),
  dataType: z.number().default(0),
  name: z.string().default(''),
  /** Little-endian elements, last axis fastest: a view of the file's bytes, not a copy. */
  rawData: bytes.optional(),
  externalData: z.array(z.object({ key: z.string().default(''), value: z.string().default('') })).default([]),
  /** 1 when the elements lie in another file. */
  dataLocation: z.number().default(0),
});
export type OnnxTensor = z.infer<typeof OnnxTensor>;

const OnnxSparseTensor = z.object({ values: OnnxTensor.optional(), indices: OnnxTensor.optional() });
type OnnxSparseTensor = z.infer<typeof OnnxSparseTensor>;

const OnnxDimension = z.object({ dimValue: z.number().optional(), dimParam: z.string().optional() });

export const OnnxValueInfo = z.object({
  name: z.string().default(''),
  type: z
    .object({
      tensorType: z
        .object({
          elemType: z.number().default(0),
          shape: z.object({ dim: z.array(OnnxDimension).default([]) }).optional(),
        })
        .optional(),
    })
    .optional(),
  docString: z.string().optional(),
});
export type OnnxValueInfo = z.infer<typeof OnnxValueInfo>;

export const OnnxAttribute = z.object({
  name: z.string().default(''),
  f: z.number().optional(),
  i: z.number().optional(),
  s: bytes.optional(),
  t: OnnxTensor.optional(),
  g: z.lazy((): z.ZodType<OnnxGraph> => OnnxGraph).optional(),
  floats: z.array(z.number()).default([]),
  ints: z.array(z.number()).default([]),
  strings: z.array(bytes).default([]),
  tensors: z.array(OnnxTensor).default([]),
  graphs: z.array(z.lazy((): z.ZodType<OnnxGraph> => OnnxGraph)).default([]),
  type: z.number().default(0),
  sparseTensor: OnnxSparseTensor.optional(),
  sparseTensors: z.array(OnnxSparseTensor).default([]),
});
export type OnnxAttribute = z.infer<typeof OnnxAttribute>;

export const OnnxNode = z.object({
  input: z.array(z.string()).default([]),
  output: z.array(z.string()).default([]),
  name: z.string().default(''),
  opType: z.string().default(''),
  attribute: z.array(OnnxAttribute).default([]),
  domain: z.string().default(''),
});
export type OnnxNode = z.infer<typeof OnnxNode>;

/** Written out because it contains itself: control-flow nodes hold graphs in their attributes. */
export interface OnnxGraph {
  readonly node: readonly OnnxNode[];
  readonly name: string;
  readonly initializer: readonly OnnxTensor[];
  readonly docString?: string | undefined;
  readonly input: readonly OnnxValueInfo[];
  readonly output: readonly OnnxValueInfo[];
  readonly sparseInitializer: readonly OnnxSparseTensor[];
}

const OnnxGraph: z.ZodType<OnnxGraph> = z.object({
  node: z.array(OnnxNode).default([]),
  name: z.string().default(''),
  initializer: z.array(OnnxTensor).default([]),
  docString: z.string().optional(),
  input: z.array(OnnxValueInfo).default([]),
  output: z.array(OnnxValueInfo).default([]),
  sparseInitializer: z.array(OnnxSparseTensor).default([]),
});

const OnnxOpset = z.object({ domain: z.string().default(''), version: z.number().default(0) });

export const OnnxModel = z.object({
  irVersion: z.number().default(0),
  producerName: z.string().default(''),
  producerVersion: z.string().default(''),
  graph: OnnxGraph.optional(),
  opsetImport: z.array(OnnxOpset).default([]),
  trainingInfo: z
    .array(z.object({ initialization: OnnxGraph.optional(), algorithm: OnnxGraph.optional() }))
    .default([]),
  functions: z
    .array(
      z.object({
        name: z.string().default(''),
        node: z.array(OnnxNode).default([]),
        opsetImport: z.array(OnnxOpset).default([]),
        domain: z.string().default(''),
        attributeProto: z.array(OnnxAttribute).default([]),
      }),
    )
    .default([]),
});
/** An ONNX model as parse3d sees it: 64-bit numbers are JavaScript numbers, tensors are views of the file's bytes. */
export type OnnxModel = z.infer<typeof OnnxModel>;
