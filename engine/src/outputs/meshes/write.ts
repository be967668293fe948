import { parseColour, type Colour } from '@parse3d/contract/palette';
import type { SurfaceMesh } from '@parse3d/volume/geometry';

/** Binary STL: facets with their normals, RAS millimetres as its header says. It has no place for a colour. */
export function stlOf({ positions, triangles }: SurfaceMesh): Uint8Array {
  const bytes = Buffer.alloc(84 + 50 * (triangles.length / 3));
  bytes.write('parse3d surface, RAS+ millimetres', 'latin1');
  bytes.writeUInt32LE(triangles.length / 3, 80);
  for (let n = 0, at = 84; n < triangles.length; n += 3, at += 50) {
    const normal = unit(areaVector(positions, triangles, n));
    normal.forEach((value, axis) => bytes.writeFloatLE(value, at + axis * 4));
    for (let corner = 0; corner < 3; corner += 1) {
      const from = (triangles[n + corner] ?? 0) * 3;
      for (let axis = 0; axis < 3; axis += 1) {
        bytes.writeFloatLE(positions[from + axis] ?? 0, at + 12 + corner * 12 + axis * 4);
      }
    }
  }
  return bytes;
}

/**
 * glTF 2.0 in one file: positions, normals and triangles, with name and colour. Numbers are RAS millimetres without a
 * transform, though glTF speaks of metres and of y upwards: who measures in the file gets what the label map says.
 */
export function glbOf(mesh: SurfaceMesh, name: string, colour: Colour): Uint8Array {
  const { positions, triangles } = mesh;
  const normals = normalsOf(mesh);
  const parts = [positions, normals, triangles].map((part) =>
    Buffer.from(part.buffer, part.byteOffset, part.byteLength),
  );
  const [first = Buffer.alloc(0), second = Buffer.alloc(0)] = parts;
  const [low, high] = extent(positions);
  const linear = parseColour(colour).map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  const corners = positions.length / 3;
  const document = {
    asset: { version: '2.0', generator: 'parse3d', extras: { space: 'RAS+', unit: 'mm' } },
    scene: 0,
    scenes: [{ nodes: [0] }],
    nodes: [{ mesh: 0, name }],
    meshes: [{ name, primitives: [{ attributes: { POSITION: 0, NORMAL: 1 }, indices: 2, material: 0 }] }],
    materials: [
      { name, pbrMetallicRoughness: { baseColorFactor: [...linear, 1], metallicFactor: 0, roughnessFactor: 0.8 } },
    ],
    accessors: [
      { bufferView: 0, componentType: 5126, count: corners, type: 'VEC3', min: low, max: high },
      { bufferView: 1, componentType: 5126, count: corners, type: 'VEC3' },
      { bufferView: 2, componentType: 5125, count: triangles.length, type: 'SCALAR' },
    ],
    bufferViews: [
      { buffer: 0, byteOffset: 0, byteLength: positions.byteLength, target: 34962 },
      { buffer: 0, byteOffset: first.length, byteLength: normals.byteLength, target: 34962 },
      { buffer: 0, byteOffset: first.length + second.length, byteLength: triangles.byteLength, target: 34963 },
    ],
    buffers: [{ byteLength: positions.byteLength + normals.byteLength + triangles.byteLength }],
  };
  const text = Buffer.from(JSON.stringify(document));
  const json = Buffer.concat([text, Buffer.alloc(-text.length & 3, ' ')]);
  const binary = Buffer.concat(parts);
  const head = Buffer.alloc(12);
  head.write('glTF', 'latin1');
  head.writeUInt32LE(2, 4);
  head.writeUInt32LE(28 + json.length + binary.length, 8);
  return Buffer.concat([head, chunkHead(json.length, 'JSON'), json, chunkHead(binary.length, 'BIN\0'), binary]);
}

function chunkHead(length: number, kind: string): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(length);
  head.write(kind, 4, 'latin1');
  return head;
}

type Vector = [number, number, number];

/** Twice the area of a triangle, along its normal. */
function areaVector(positions: Float32Array, triangles: Uint32Array, n: number): Vector {
  const at = (corner: number, axis: number): number => positions[(triangles[n + corner] ?? 0) * 3 + axis] ?? 0;
  const side = (corner: number): Vector => [
    at(corner, 0) - at(0, 0),
    at(corner, 1) - at(0, 1),
    at(corner, 2) - at(0, 2),
  ];
  const [a, b] = [side(1), side(2)];
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

function unit([x, y, z]: Vector): Vector {
  const length = Math.hypot(x, y, z);
  return length === 0 ? [0, 0, 1] : [x / length, y / length, z / length];
}

/** At corners: of all triangles around, by their areas. */
function normalsOf({ positions, triangles }: SurfaceMesh): Float32Array {
  const normals = new Float32Array(positions.length);
  for (let n = 0; n < triangles.length; n += 3) {
    const area = areaVector(positions, triangles, n);
    for (let corner = 0; corner < 3; corner += 1) {
      const at = (triangles[n + corner] ?? 0) * 3;
      area.forEach((value, axis) => (normals[at + axis] = (normals[at + axis] ?? 0) + value));
    }
  }
  for (let n = 0; n < normals.length; n += 3) {
    normals.set(unit([normals[n] ?? 0, normals[n + 1] ?? 0, normals[n + 2] ?? 0]), n);
  }
  return normals;
}

function extent(positions: Float32Array): [Vector, Vector] {
  const low: Vector = [Infinity, Infinity, Infinity];
  const high: Vector = [-Infinity, -Infinity, -Infinity];
  for (let n = 0; n < positions.length; n += 1) {
    const value = positions[n] ?? 0;
    const axis = n % 3;
    low[axis] = Math.min(low[axis] ?? value, value);
    high[axis] = Math.max(high[axis] ?? value, value);
  }
  return [low, high];
}
