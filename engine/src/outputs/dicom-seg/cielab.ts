import { parseColour, type Colour } from '@parse3d/contract/palette';

/** Linear sRGB to XYZ under the white D50, the space of DICOM's CIELab values. */
const TO_XYZ = [
  [0.4360747, 0.3850649, 0.1430804],
  [0.2225045, 0.7168786, 0.0606169],
  [0.0139322, 0.0971045, 0.7141733],
] as const;
const WHITE = [0.96422, 1, 0.82521] as const;

/** A colour as DICOM recommends it to viewers: L*, a*, b*, each scaled to 16 bits. */
export function cielab(colour: Colour): [number, number, number] {
  const linear = parseColour(colour).map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  const [x = 0, y = 0, z = 0] = TO_XYZ.map(([r, g, b], axis) => {
    const sum = r * (linear[0] ?? 0) + g * (linear[1] ?? 0) + b * (linear[2] ?? 0);
    const ratio = sum / (WHITE[axis] ?? 1);
    return ratio > 216 / 24389 ? Math.cbrt(ratio) : ((24389 / 27) * ratio + 16) / 116;
  });
  const word = (value: number): number => Math.max(0, Math.min(65_535, Math.round(value)));
  return [
    word(((116 * y - 16) * 65_535) / 100),
    word(((500 * (x - y) + 128) * 65_535) / 255),
    word(((200 * (y - z) + 128) * 65_535) / 255),
  ];
}
