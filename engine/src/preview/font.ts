/**
 * A font of 5 by 9 dots, drawn for previews: rows 0 to 6 stand on the base line, 7 and 8 hang below it. Each row is one
 * digit in base 32, its five bits from left to right; rows left out are empty.
 */
// prettier-ignore
const GLYPHS: Readonly<Record<string, string>> = {
  "!": '4444404', "\"": 'aaa', "#": 'aavavaa', "$": '4fke5u4', "%": 'op248j3', "&": 'cik8lid', "'": '448',
  "(": '2488842', ")": '8422248', "*": '0a4v4a', "+": '044v44', ",": '00000c48', "-": '000e', ".": '00000cc',
  "/": '11248gg', "0": 'ehjlphe', "1": '4c4444e', "2": 'eh168gv', "3": 'v2421he', "4": '26aiv22', "5": 'vgu11he',
  "6": '68guhhe', "7": 'v124888', "8": 'ehhehhe', "9": 'ehhf12c', ":": '0cc0cc', ";": '0cc0c48', "<": '248g842',
  "=": '00v0v', ">": '8421248', "?": 'eh12404', "@": 'ehnlnge', A: 'ehhvhhh', B: 'uhhuhhu', C: 'ehggghe',
  D: 'uhhhhhu', E: 'vgguggv', F: 'vgguggg', G: 'ehgnhhe', H: 'hhhvhhh', I: 'e44444e', J: '72222ic', K: 'hikokih',
  L: 'ggggggv', M: 'hrllhhh', N: 'hpljhhh', O: 'ehhhhhe', P: 'uhhuggg', Q: 'ehhhlid', R: 'uhhukih', S: 'fgge11u',
  T: 'v444444', U: 'hhhhhhe', V: 'hhhhha4', W: 'hhhllrh', X: 'hha4ahh', Y: 'hha4444', Z: 'v1248gv', "[": 'e88888e',
  "\\": 'gg84211', "]": 'e22222e', "^": '4ah', "_": '000000v', "`": '84', a: '00e1fhf', b: 'gguhhhu', c: '00ehghe',
  d: '11fhhhf', e: '00ehvge', f: '698s888', g: '00fhhhf1e', h: 'gguhhhh', i: '40c444e', j: '2062222ic', k: 'ggikoki',
  l: 'c44444e', m: '00qllll', n: '00uhhhh', o: '00ehhhe', p: '00uhhhugg', q: '00fhhhf11', r: '00mpggg', s: '00fge1u',
  t: '88s8896', u: '00hhhjd', v: '00hhha4', w: '00hhlla', x: '00ha4ah', y: '00hhhhf1e', z: '00v248v', "{": '6448446',
  "|": '4444444', "}": 'c44244c', "~": '008l2',
};

/** For characters that the font lacks: an empty box. */
const UNKNOWN = 'vhhhhhv';

export const FONT = { width: 5, height: 9, advance: 6 } as const;

/** Calls `dot` for every dot of a text, in font units from the top left. Accents are dropped, letters kept. */
export function drawText(text: string, dot: (x: number, y: number) => void): void {
  [...plain(text)].forEach((character, n) => {
    const rows = character === ' ' ? '' : (GLYPHS[character] ?? UNKNOWN);
    [...rows].forEach((digit, y) => {
      const bits = parseInt(digit, 32);
      for (let x = 0; x < FONT.width; x++) if ((bits >> (FONT.width - 1 - x)) & 1) dot(n * FONT.advance + x, y);
    });
  });
}

/** Width of a text in font units. */
export function textWidth(text: string): number {
  return Math.max(0, [...plain(text)].length * FONT.advance - (FONT.advance - FONT.width));
}

function plain(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '');
}
