import { csvRow } from '@parse3d/contract';
import type { InstanceScore } from '@parse3d/volume/geometry';
import { formatMl, shorten } from '../terminal/format.js';
import { table } from '../terminal/table.js';
import type { Output } from '../terminal/output.js';
import { mean, type LabelScore } from './measure.js';

export interface CaseScore {
  readonly name: string;
  readonly labels: readonly LabelScore[];
  readonly instances: InstanceScore | null;
}

export interface Summary {
  readonly cases: number;
  /** Mean over cases of each case's mean over labels, as the challenge ranks. */
  readonly dice: number | null;
  readonly nsd: number | null;
  readonly f1: number | null;
  /** Mean over cases of each label. */
  readonly labels: readonly {
    readonly name: string;
    readonly cases: number;
    readonly dice: number | null;
    readonly nsd: number | null;
  }[];
}

export function summarise(cases: readonly CaseScore[]): Summary {
  const names = [...new Set(cases.flatMap(({ labels }) => labels.map(({ name }) => name)))];
  const of = (name: string): LabelScore[] =>
    cases.flatMap(({ labels }) => labels.filter((label) => label.name === name && label.dice !== null));
  return {
    cases: cases.length,
    dice: mean(cases.map(({ labels }) => mean(labels.map((label) => label.dice)))),
    nsd: mean(cases.map(({ labels }) => mean(labels.map((label) => label.nsd)))),
    f1: mean(cases.map(({ instances }) => instances?.f1 ?? null)),
    labels: names.map((name) => ({
      name,
      cases: of(name).length,
      dice: mean(of(name).map((label) => label.dice)),
      nsd: mean(of(name).map((label) => label.nsd)),
    })),
  };
}

/** A row for every label of every case; cases of single objects have one row with their F1. Means come last. */
export function csv(cases: readonly CaseScore[], summary: Summary): string {
  const rows = [
    ['case', 'label', 'name', 'dice', 'nsd', 'f1', 'reference_ml', 'found_ml'],
    ...cases.flatMap(({ name, labels, instances }) => [
      ...labels.map((label) => [
        name,
        label.labels.join('+'),
        label.name,
        label.dice,
        label.nsd,
        null,
        label.referenceMl,
        label.foundMl,
      ]),
      ...(instances === null ? [] : [[name, null, 'instances', null, null, instances.f1, null, null]]),
    ]),
    ...summary.labels.map(({ name, dice, nsd }) => ['mean', null, name, dice, nsd, null, null, null]),
    ['mean', null, 'all', summary.dice, summary.nsd, summary.f1, null, null],
  ];
  return rows.map(csvRow).join('').trimEnd();
}

export function tables(cases: readonly CaseScore[], summary: Summary, { colours }: Output): string {
  const score = (value: number | null): string => (value === null ? colours.dim('–') : value.toFixed(4));
  const rows = cases.flatMap(({ name, labels, instances }) => [
    ...labels.map((label) => [
      shorten(name, 32),
      shorten(label.name, 40),
      score(label.dice),
      score(label.nsd),
      formatMl(label.referenceMl),
      formatMl(label.foundMl),
    ]),
    ...(instances === null
      ? []
      : [
          [
            shorten(name, 32),
            `objects: ${instances.truePositives} found, ${instances.falseNegatives} missed, ${instances.falsePositives} wrong`,
            `F1 ${score(instances.f1)}`,
            '',
            '',
            '',
          ],
        ]),
  ]);
  const means =
    cases.length < 2
      ? []
      : summary.labels.map(({ name, dice, nsd }) => ['mean', shorten(name, 40), score(dice), score(nsd), '', '']);
  const f1 = summary.f1 === null ? [] : [['mean', 'objects', `F1 ${score(summary.f1)}`, '', '', '']];
  const all =
    summary.dice === null ? [] : [['mean', colours.bold('all'), score(summary.dice), score(summary.nsd), '', '']];
  return table(
    [
      { title: 'case' },
      { title: 'label' },
      { title: 'dice', align: 'right' },
      { title: 'nsd', align: 'right' },
      { title: 'reference ml', align: 'right' },
      { title: 'found ml', align: 'right' },
    ],
    [...rows, ...means, ...f1, ...all],
    colours,
  );
}
