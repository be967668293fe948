import { Problem } from '@parse3d/contract/problems';
import type { PixelCoding } from './transfer-syntaxes.js';
import type { PixelLayout } from './types.js';

/** Decodes frames of one series. The codecs run in WebAssembly, so that a hostile frame reaches no memory of ours. */
export interface FrameDecoder {
  /** @throws Problem `dicom-invalid` */
  decode(frame: Uint8Array, layout: PixelLayout): Promise<Uint8Array>;
}

type Codecs = Awaited<ReturnType<typeof loadCodecs>>;

const METHODS = {
  rle: 'decodeRle',
  jpeg: 'decodeJpeg',
  'jpeg-ls': 'decodeJpegLs',
  'jpeg-2000': 'decodeJpeg2000',
} as const satisfies Record<Exclude<PixelCoding, 'native'>, string>;

/** A decoder; the codecs (4 MB) are loaded when the first compressed frame comes. */
export function frameDecoder(): FrameDecoder {
  let loading: Promise<Codecs> | undefined;
  return {
    async decode(frame, layout) {
      loading ??= loadCodecs();
      return decode(await loading, frame, layout);
    },
  };
}

async function loadCodecs() {
  const { default: codecs } = await import('dcmjs-codecs');
  // A frame that made a codec fail may have left its memory in disorder: every series gets a fresh instance.
  codecs.NativeCodecs.release();
  await codecs.NativeCodecs.initializeAsync({ logCodecsInfo: false });
  return codecs;
}

function decode({ NativeCodecs, Context }: Codecs, frame: Uint8Array, layout: PixelLayout): Uint8Array {
  if (layout.coding === 'native') return frame;
  try {
    const context = new Context({
      width: layout.columns,
      height: layout.rows,
      bitsAllocated: layout.bitsAllocated,
      bitsStored: layout.bitsStored,
      samplesPerPixel: 1,
      pixelRepresentation: layout.signed ? 1 : 0,
      planarConfiguration: 0,
      photometricInterpretation: layout.photometric,
      encodedBuffer: frame,
    });
    const decoded = NativeCodecs[METHODS[layout.coding]](context).getDecodedBuffer();
    if (decoded === undefined) throw new Error('nothing was decoded');
    return decoded;
  } catch (error) {
    throw new Problem(
      'dicom-invalid',
      `the ${layout.coding} pixels of an image cannot be decoded: they are damaged`,
      { coding: layout.coding },
      { cause: error },
    );
  }
}
