/** A prompt or a name, reduced to what tells it apart: canonical words without the side. */
export interface Phrase {
  /** Canonical words in the order given. */
  readonly words: readonly string[];
  readonly side: 'left' | 'right' | undefined;
}

/** Words that carry no meaning for the choice of a target. */
const filler = new Set(
  'the a an of in on at to and or with for from within its this that both bilateral sided side'.split(' '),
);

/** What names an image or a request, not a target. */
const imaging = [
  'ct|cta|mr|mri|mra|pet|us|em|ultrasound|ultrasonography|echocardiography|echocardiogram|microscopy|tomography',
  'computed|magnetic|resonance|t1|t2|t1w|t2w|flair|dwi|weighted|lightsheet|sonography|x-ray|xray|radiograph',
  'imaging|images?|scans?|volumes?|slices?|pictures?',
].join('|');
const request = 'segmentation|visuali[sz]ation|presence|mask|contours?|outlines?|delineation|depiction|view|location';

/** `CT imaging of the …`, `Abdominal CT showing the …`, `Visualization of the …` */
const leading = new RegExp(`^.*?\\b(?:${imaging}|${request})\\s+(?:of|showing|depicting|displaying|with|for)\\s+`, 'u');
/** `segment the …`, `please find all …` */
const command =
  /^(?:please\s+)?(?:segment|find|show|delineate|outline|mark|label|extract|locate|identify|detect|highlight)\s+(?:me\s+|all\s+|out\s+)*/u;
/** `… in abdominal CT`, `… detected in the T1 brain MRI`, `… within the abdomen` */
const trailing =
  /\s+(?:(?:detected|observed|seen|visible|shown|found|located)\s+)?(?:in|on|from|within|inside|at)\s+.*$/u;
const imagingWord = new RegExp(`^(?:${imaging}|${request})$`, 'u');

/**
 * The readings of a prompt, the most literal first: as it stands; without the words about the image before and after
 * the target; without any word about images. The side is always that of the whole text.
 */
export function readings(text: string): readonly Phrase[] {
  const lower = plainText(text);
  const side = sideOf(split(lower));
  const bare = lower.replace(command, '').replace(leading, '');
  const short = bare.replace(trailing, '');
  const target = split(short).filter((word) => !imagingWord.test(word));
  // Most prompts are bare names: all readings of those are one.
  const candidates = new Set([lower, lower.replace(command, ''), bare, short, target.join(' ')]);
  return [...candidates].map((candidate) => phraseOf(split(candidate), side)).filter(({ words }) => words.length > 0);
}

/** A name or synonym of a target. */
export function namePhrase(text: string): Phrase {
  const words = split(plainText(text));
  return phraseOf(words, sideOf(words));
}

/** Two phrases with one of these keys in common name the same thing: words in any order, or run together. */
export function keysOf({ words }: Phrase): readonly [string, string] {
  return [[...words].sort().join(' '), words.join('')];
}

/** Lower case, without accents, punctuation other than hyphens kept as spaces. */
export function plainText(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

const split = (text: string): string[] => text.split(' ').filter(Boolean);

function phraseOf(words: readonly string[], side: Phrase['side']): Phrase {
  const target = words.filter((word, index) => sideWord(word, index, words.length) === undefined && !filler.has(word));
  return { words: target.map(canonicalWord), side };
}

function sideOf(words: readonly string[]): Phrase['side'] {
  const sides = new Set(
    words.map((word, index) => sideWord(word, index, words.length)).filter((side) => side !== undefined),
  );
  // `left and right kidney` is both, which is what no side means.
  return sides.size === 1 ? [...sides][0] : undefined;
}

function sideWord(word: string, index: number, count: number): Phrase['side'] {
  if (word === 'left' || word === 'lh') return 'left';
  if (word === 'right' || word === 'rh') return 'right';
  // A single letter is a side only where people write one: first or last, beside something else.
  if (count < 2 || (index > 0 && index < count - 1)) return undefined;
  return word === 'l' ? 'left' : word === 'r' ? 'right' : undefined;
}

const irregular: Readonly<Record<string, string>> = {
  vertebrae: 'vertebra',
  amygdalae: 'amygdala',
  scapulae: 'scapula',
  fibulae: 'fibula',
  atria: 'atrium',
  ganglia: 'ganglion',
  femora: 'femur',
  testes: 'testis',
  cortices: 'cortex',
  metastases: 'metastasis',
  pelves: 'pelvis',
  crura: 'crus',
  third: '3rd',
  fourth: '4th',
  gray: 'grey',
};

/** Singular, and British as American: the same for both sides of a comparison, so it need not be a real word. */
export function canonicalWord(word: string): string {
  const singular = irregular[word] ?? singularOf(word);
  return singular.replace(/ae|oe/g, 'e').replace(/our$/, 'or').replace(/tre$/, 'ter');
}

function singularOf(word: string): string {
  if (word.length <= 3) return word;
  if (word.length > 4 && word.endsWith('i')) return `${word.slice(0, -1)}us`;
  if (word.endsWith('ies')) return `${word.slice(0, -3)}y`;
  if (/(?:ss|x|ch|sh)es$/.test(word)) return word.slice(0, -2);
  return /[^su]s$/.test(word) && !word.endsWith('is') ? word.slice(0, -1) : word;
}
