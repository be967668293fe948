/** How the pixels of a file are stored. */
export type PixelCoding = 'native' | 'rle' | 'jpeg' | 'jpeg-ls' | 'jpeg-2000';

const CODINGS: Readonly<Record<string, PixelCoding>> = {
  '1.2.840.10008.1.2': 'native',
  '1.2.840.10008.1.2.1': 'native',
  '1.2.840.10008.1.2.1.99': 'native',
  '1.2.840.10008.1.2.2': 'native',
  '1.2.840.10008.1.2.5': 'rle',
  // Baseline (8 bits), extended (12 bits), and the two lossless ones.
  '1.2.840.10008.1.2.4.50': 'jpeg',
  '1.2.840.10008.1.2.4.51': 'jpeg',
  '1.2.840.10008.1.2.4.57': 'jpeg',
  '1.2.840.10008.1.2.4.70': 'jpeg',
  '1.2.840.10008.1.2.4.80': 'jpeg-ls',
  '1.2.840.10008.1.2.4.81': 'jpeg-ls',
  '1.2.840.10008.1.2.4.90': 'jpeg-2000',
  '1.2.840.10008.1.2.4.91': 'jpeg-2000',
};

const BIG_ENDIAN = '1.2.840.10008.1.2.2';

/** How a transfer syntax stores pixels, or undefined for one that is not read. */
export function pixelCoding(transferSyntax: string): PixelCoding | undefined {
  return Object.hasOwn(CODINGS, transferSyntax) ? CODINGS[transferSyntax] : undefined;
}

export function isBigEndian(transferSyntax: string): boolean {
  return transferSyntax === BIG_ENDIAN;
}
