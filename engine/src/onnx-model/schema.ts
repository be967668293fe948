import protobuf from 'protobufjs';

/**
 * The part of the ONNX protobuf format that parse3d reads and writes, by the field numbers of the ONNX standard
 * (onnx.proto3, IR version 8 to 10). Fields that are absent here are skipped when a file is read, so the typed number
 * lists of tensors (float_data and its sisters) never become JavaScript arrays; our own graphs carry raw_data only.
 */
const field = (id: number, type: string) => ({ id, type });
const many = (id: number, type: string) => ({ id, type, rule: 'repeated' });

const types = {
  ModelProto: {
    irVersion: field(1, 'int64'),
    producerName: field(2, 'string'),
    producerVersion: field(3, 'string'),
    graph: field(7, 'GraphProto'),
    opsetImport: many(8, 'OperatorSetIdProto'),
    trainingInfo: many(20, 'TrainingInfoProto'),
    functions: many(25, 'FunctionProto'),
  },
  OperatorSetIdProto: { domain: field(1, 'string'), version: field(2, 'int64') },
  TrainingInfoProto: { initialization: field(1, 'GraphProto'), algorithm: field(2, 'GraphProto') },
  GraphProto: {
    node: many(1, 'NodeProto'),
    name: field(2, 'string'),
    initializer: many(5, 'TensorProto'),
    docString: field(10, 'string'),
    input: many(11, 'ValueInfoProto'),
    output: many(12, 'ValueInfoProto'),
    sparseInitializer: many(15, 'SparseTensorProto'),
  },
  FunctionProto: {
    name: field(1, 'string'),
    node: many(7, 'NodeProto'),
    opsetImport: many(9, 'OperatorSetIdProto'),
    domain: field(10, 'string'),
    attributeProto: many(11, 'AttributeProto'),
  },
  NodeProto: {
    input: many(1, 'string'),
    output: many(2, 'string'),
    name: field(3, 'string'),
    opType: field(4, 'string'),
    attribute: many(5, 'AttributeProto'),
    domain: field(7, 'string'),
  },
  AttributeProto: {
    name: field(1, 'string'),
    f: field(2, 'float'),
    i: field(3, 'int64'),
    s: field(4, 'bytes'),
    t: field(5, 'TensorProto'),
    g: field(6, 'GraphProto'),
    floats: many(7, 'float'),
    ints: many(8, 'int64'),
    strings: many(9, 'bytes'),
    tensors: many(10, 'TensorProto'),
    graphs: many(11, 'GraphProto'),
    type: field(20, 'int32'),
    sparseTensor: field(22, 'SparseTensorProto'),
    sparseTensors: many(23, 'SparseTensorProto'),
  },
  TensorProto: {
    dims: many(1, 'int64'),
    dataType: field(2, 'int32'),
    name: field(8, 'string'),
    rawData: field(9, 'bytes'),
    externalData: many(13, 'StringStringEntryProto'),
    dataLocation: field(14, 'int32'),
  },
  SparseTensorProto: { values: field(1, 'TensorProto'), indices: field(2, 'TensorProto'), dims: many(3, 'int64') },
  StringStringEntryProto: { key: field(1, 'string'), value: field(2, 'string') },
  ValueInfoProto: { name: field(1, 'string'), type: field(2, 'TypeProto'), docString: field(3, 'string') },
  TypeProto: { tensorType: field(1, 'TensorTypeProto') },
  TensorTypeProto: { elemType: field(1, 'int32'), shape: field(2, 'TensorShapeProto') },
  TensorShapeProto: { dim: many(1, 'DimensionProto') },
  DimensionProto: { dimValue: field(1, 'int64'), dimParam: field(2, 'string') },
};

const root = protobuf.Root.fromJSON({
  nested: Object.fromEntries(Object.entries(types).map(([name, fields]) => [name, { fields }])),
});

export const ModelProto = root.lookupType('ModelProto');
