import { expect, test } from 'vitest';
import { allTasks, ctWindowFor, findTask, Modality, searchTasks, Task } from '../src/index.js';
import { namePhrase, keysOf } from '../src/text/phrase.js';

/** How many targets the published lists have in each group, left and right counted apart. */
const groups: Readonly<Record<Modality, Readonly<Record<string, number>>>> = {
  ct: {
    'oncology and pathology': 13,
    thoracic: 9,
    'abdomen and pelvis': 9,
    'urogenital and endocrine': 7,
    vascular: 18,
    cardiac: 1,
    'head and neck': 29,
    'neuro and cranial': 3,
    // 25 vertebrae, the sacrum, five bones and five muscles on two sides.
    'spine and musculoskeletal': 46,
  },
  mr: {
    'abdomen and pelvis': 12,
    'colon segments': 7,
    urogenital: 2,
    cardiac: 5,
    thoracic: 2,
    vascular: 13,
    'neuro tumors and ischemia': 9,
    'glioma components': 4,
    'white matter disease': 1,
    'Circle of Willis': 1,
    'spine and musculoskeletal': 24,
  },
  us: { cardiac: 3, neck: 3, neuro: 1, calf: 3 },
  pet: { 'whole body': 1 },
  em: { 'cells and tissue': 6 },
  lightsheet: { 'cleared tissue': 4 },
};

test.each(Modality.options)('%s has every group with all its targets, and every task is well formed', (modality) => {
  const tasks = allTasks(modality);
  const counts = new Map<string, number>();
  for (const { group } of tasks) counts.set(group, (counts.get(group) ?? 0) + 1);
  expect(Object.fromEntries(counts)).toEqual(groups[modality]);
  expect([...counts.keys()]).toEqual(Object.keys(groups[modality]));
  for (const task of tasks) expect(Task.parse(task)).toEqual(task);
  expect(tasks.every(({ window }) => (window !== undefined) === (modality === 'ct'))).toBe(true);
});

test('the 25 vertebrae from C1 to S1 are all there', () => {
  const found = allTasks('ct').filter(({ name }) => /^vertebra [CTLS]\d+$/.test(name));
  expect(found).toHaveLength(25);
  expect(found.at(-1)?.prompt).toBe('vertebra S1');
});

test.each(Modality.options)('within %s no two tasks answer to one name', (modality) => {
  const keys = allTasks(modality).map(({ prompt }) => `${keysOf(namePhrase(prompt))[0]}/${namePhrase(prompt).side}`);
  expect(new Set(keys).size).toBe(keys.length);
});

test('what has a left has a right, but for what exists on one side only or is listed for one', () => {
  const single = Modality.options.flatMap((modality) => {
    const tasks = allTasks(modality).filter(({ side }) => side !== undefined);
    const sides = (name: string) => tasks.filter((task) => task.name === name).length;
    return tasks.filter(({ name }) => sides(name) !== 2).map(({ prompt }) => `${modality} ${prompt}`);
  });
  expect(single).toEqual([
    'ct right middle lobe of the lung',
    'ct left atrial appendage',
    'us left ventricle',
    'us left atrium',
  ]);
});

test('every task is found again by its prompt and by each synonym, alone or in a sentence', () => {
  for (const task of allTasks()) {
    for (const text of [task.prompt, `Segment the ${task.prompt}`, ...task.synonyms]) {
      const found = findTask(task.modality, text);
      expect(found?.tasks.includes(task), `${task.modality} “${text}” found ${found?.canonical}`).toBe(true);
    }
  }
});

test.each([
  ['ct', 'CT imaging of the spleen within the abdomen', 'spleen'],
  ['ct', 'Presence of the right kidney detected in abdominal CT images', 'right kidney'],
  ['ct', 'Abdominal CT showing aortic structures', 'aortic structure'],
  ['ct', 'Inferior vena cava in abdominal CT', 'inferior vena cava'],
  ['ct', 'CT imaging of the left adrenal gland in the abdomen', 'left adrenal gland'],
  ['ct', 'third lumbar vertebra', 'third lumbar vertebra'],
  ['us', 'Cardiac Ultrasound depicting left ventricular chamber', 'left ventricular chamber'],
  ['us', 'Visualization of the myocardium in cardiac Ultrasound scans', 'myocardium'],
  ['us', 'Echocardiography imaging of the left atrium in the cardiac region', 'left atrium'],
  ['lightsheet', "Alzheimer's plaque", 'Alzheimer’s plaque'],
] as const)('in %s “%s” is %s', (modality, text, canonical) => {
  expect(findTask(modality, text)?.canonical).toBe(canonical);
});

test('without a side both are meant; a side that a target does not have finds nothing', () => {
  expect(findTask('ct', 'kidneys')?.tasks.map(({ prompt }) => prompt)).toEqual(['left kidney', 'right kidney']);
  expect(findTask('ct', 'prostate/uterus')?.tasks.map(({ prompt }) => prompt)).toEqual(['prostate', 'uterus']);
  expect(findTask('ct', 'left liver')).toBeUndefined();
  expect(findTask('us', 'right ventricle')).toBeUndefined();
  expect(findTask('pet', 'kidney')).toBeUndefined();
});

test.each([
  ['left lung', 'lung'],
  ['RUL', 'lung'],
  ['CT of the airways', 'lung'],
  ['Circle of Willis in a CTA', 'brain'],
  ['brainstem', 'brain'],
  ['vertebra L3', 'bone'],
  ['the right femur', 'bone'],
  ['gluteus maximus', 'soft-tissue'],
  ['spleen', 'soft-tissue'],
  ['pulmonary emphysema in a chest CT', 'lung'],
  ['pulmonary artery', 'soft-tissue'],
  ['a bronchial artery of the lung', 'soft-tissue'],
  ['bones of the hand', 'bone'],
  ['subdural hematoma', 'brain'],
  ['fracture of the left rib', 'bone'],
  ['something unheard of', 'soft-tissue'],
])('the CT window of “%s” is %s', (prompt, window) => {
  expect(ctWindowFor(prompt)).toBe(window);
});

const firstOf = (q: string, modality?: Modality): string[] =>
  searchTasks({ q, modality, limit: 5 }).tasks.map(({ prompt }) => prompt);

test('search completes what is typed, names that begin so first', () => {
  expect(firstOf('kid', 'ct').slice(0, 2)).toEqual(['left kidney', 'right kidney']);
  expect(firstOf('left kid', 'ct')[0]).toBe('left kidney');
  expect(firstOf('kidney left', 'ct')[0]).toBe('left kidney');
  expect(firstOf('gl max', 'ct')).toEqual(['left gluteus maximus', 'right gluteus maximus']);
  expect(firstOf('liver', 'ct')).toEqual(expect.arrayContaining(['liver', 'liver tumor']));
  expect(firstOf('liver', 'ct')[0]).toBe('liver');
  expect(firstOf('windpipe', 'ct')[0]).toBe('trachea');
  expect(firstOf('LUL', 'ct')[0]).toBe('left upper lobe of the lung');
  expect(firstOf('segment the spleen in abdominal CT', 'ct')[0]).toBe('spleen');
  expect(firstOf('pancraes', 'ct')[0]).toBe('pancreas');
  expect(firstOf('glioma components', 'mr')).toContain('resection cavity');
  expect(searchTasks({ q: 'kidney', modality: 'em', limit: 5 })).toEqual({ tasks: [], total: 0 });
});

test('search without text lists the catalogue, with its true total', () => {
  const all = searchTasks({ limit: 3 });
  expect(all.total).toBe(allTasks().length);
  expect(all.tasks).toEqual(allTasks('ct').slice(0, 3));
  expect(searchTasks({ modality: 'us', limit: 100 }).tasks).toEqual(allTasks('us'));
});
