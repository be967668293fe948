import { stat } from 'node:fs/promises';

const HEADER = /\.hdr(\.gz)?$/i;
const IMAGE = /\.img(\.gz)?$/i;

/** The two files of a pair by the name of one of them; undefined where the other is not there. */
export async function pairOf(path: string): Promise<{ header: string; image: string } | undefined> {
  const stem = path.replace(HEADER, '').replace(IMAGE, '');
  if (stem === path) return undefined;
  const isHeader = HEADER.test(path);
  const endings = isHeader ? ['.img', '.img.gz', '.IMG'] : ['.hdr', '.hdr.gz', '.HDR'];
  for (const ending of endings) {
    const other = `${stem}${ending}`;
    const found = await stat(other).then(
      (info) => info.isFile(),
      () => false,
    );
    if (found) return isHeader ? { header: path, image: other } : { header: other, image: path };
  }
  return undefined;
}
