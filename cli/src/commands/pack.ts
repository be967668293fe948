import { importMeshnet, sealPack } from '@parse3d/engine';
import { Modality, PackId, type LabelClass, type Pack, type Target } from '@parse3d/contract';
import { readPackCatalog, readPackJson } from '@parse3d/contract/packs';
import { Command } from 'commander';
import { z } from 'zod';
import { findPackFolder, openPack } from '../local/open-pack.js';
import { packFolders } from '../stack/pack-folders.js';
import { formatBytes, formatCount, shorten } from '../terminal/format.js';
import type { Output } from '../terminal/output.js';
import { table } from '../terminal/table.js';
import { collect } from '../options/values.js';
import { action, examples } from './define.js';

const PackOptions = z.object({ packs: z.string().optional() });
const PACKS = ['--packs <folders>', 'where packs lie, comma-separated (PARSE3D_PACKS, else those of parse3d)'] as const;

export function packCommand(): Command {
  const command = new Command('pack').description('Models of this machine: list, inspect, seal, verify, import.');
  command.addCommand(listCommand());
  command.addCommand(inspectCommand());
  command.addCommand(sealCommand());
  command.addCommand(verifyCommand());
  command.addCommand(importCommand());
  return examples(
    command,
    ['What there is', 'parse3d pack list'],
    ['What a pack can find', 'parse3d pack inspect ct-tissue'],
  );
}

function listCommand(): Command {
  const command = new Command('list')
    .description('Lists the packs of this machine.')
    .option(...PACKS)
    .action(
      action(PackOptions, async ({ options, output }) => {
        const folders = packFolders(options.packs);
        const catalog = await readPackCatalog(folders);
        const { packs, rejected } = catalog;
        output.document({
          packs: packs.map((pack) => ({ ...summaryOf(pack), folder: catalog.folderOf(pack.id) })),
          rejected: rejected.map(({ folder, problem }) => ({ folder, problem: problem.toJSON() })),
        });
        const columns = [
          { title: 'id' },
          { title: 'version' },
          { title: 'for' },
          { title: 'targets', align: 'right' as const },
          { title: 'title' },
        ];
        const rows = packs.map((pack) => [
          output.colours.bold(pack.id),
          pack.version,
          pack.modalities.join(', '),
          String(targetsOf(pack).length),
          pack.title,
        ]);
        output.say(packs.length === 0 ? `no packs in ${folders.join(', ')}` : table(columns, rows, output.colours));
        for (const { folder, problem } of rejected) output.hint(`not usable: ${folder}: ${problem.message}`);
      }),
    );
  return examples(command, ['Packs of your own', 'parse3d pack list --packs ~/packs']);
}

function inspectCommand(): Command {
  const command = new Command('inspect')
    .description('Shows what a pack is, what it finds and how it prepares a volume.')
    .argument('<pack>', 'id or path')
    .option(...PACKS)
    .action(
      action(PackOptions, async ({ args, options, output }) => {
        const folder = await findPackFolder(args[0] ?? '', options.packs);
        const pack = await readPackJson(folder);
        output.document({ ...pack, folder });
        inspect(pack, folder, output);
      }),
    );
  return examples(
    command,
    ['By id', 'parse3d pack inspect ct-tissue'],
    ['By path', 'parse3d pack inspect ./my-pack'],
    [
      'The names that prompts may use',
      "parse3d pack inspect ct-tissue --json | jq -r '.model.classes[] | .name, .synonyms[]'",
    ],
  );
}

function inspect(pack: Pack, folder: string, output: Output): void {
  const { bold, dim, yellow } = output.colours;
  const line = (name: string, value: string): void => output.say(`  ${dim(name.padEnd(12))} ${value}`);
  output.say(`${bold(pack.id)} ${pack.version}  ${pack.title}`);
  if (pack.description !== '') output.say(`  ${pack.description}`);
  if (pack.demonstration) output.say(yellow('  A demonstration: do not rely on what it finds.'));
  line('kind', pack.kind);
  line('modalities', pack.modalities.join(', '));
  line('licence', pack.licence.spdx);
  if (pack.weights !== undefined) line('weights', `${pack.weights.file}, SHA-256 ${pack.weights.sha256}`);
  if (pack.citation !== undefined) line('citation', pack.citation);
  line('intended for', pack.intendedUse);
  line('threshold', String(pack.threshold));
  if (pack.kind === 'label-map') {
    const { conform, intensity } = pack.model;
    const grid = [conform.orientation, conform.spacingMm && `${conform.spacingMm.join(' × ')} mm`].filter(Boolean);
    line('grid', grid.length === 0 ? 'the volume’s own' : grid.join(', '));
    line('intensities', intensity.kind);
  }
  for (const [name, { bytes }] of Object.entries(pack.files)) line('file', `${name}  ${dim(formatBytes(bytes))}`);
  line('folder', folder);
  output.say();
  const rows = targetsOf(pack).map((target) => [
    target.side === undefined ? target.name : `${target.side} ${target.name}`,
    shorten(target.synonyms.join(', '), 80),
  ]);
  output.say(table([{ title: 'target' }, { title: 'also' }], rows, output.colours));
}

function sealCommand(): Command {
  const command = new Command('seal')
    .description('Lists the files of a pack of your own in its pack.json, with sizes and checksums.')
    .argument('<folder>', 'holds the graphs and a pack.json')
    .action(
      action(z.object({}), async ({ args, output }) => {
        const folder = args[0] ?? '';
        const pack = await sealPack(folder);
        output.document({ id: pack.id, version: pack.version, folder, files: pack.files });
        const { green, dim } = output.colours;
        for (const [name, { bytes, sha256 }] of Object.entries(pack.files)) {
          output.say(`${green('ok')}  ${name}  ${dim(`${formatBytes(bytes)}  sha256 ${sha256}`)}`);
        }
        output.hint(`does it run? parse3d pack verify ${folder}`);
      }),
    );
  return examples(command, ['After a file has changed', 'parse3d pack seal ./my-pack']);
}

function verifyCommand(): Command {
  const command = new Command('verify')
    .description('Checks a pack as a worker does: every checksum, every graph, and that they fit together.')
    .argument('<pack>', 'id or path')
    .option(...PACKS)
    .action(
      action(PackOptions, async ({ args, options, output }) => {
        const { pack, folder } = await openPack(args[0] ?? '', options.packs);
        output.document({ id: pack.id, version: pack.version, folder, ok: true, files: pack.files });
        const { green, dim } = output.colours;
        for (const [name, { bytes, sha256 }] of Object.entries(pack.files)) {
          output.say(`${green('ok')}  ${name}  ${dim(`${formatBytes(bytes)}  sha256 ${sha256}`)}`);
        }
        output.say(`${green('ok')}  ${pack.id} ${pack.version}: ${folder}`);
      }),
    );
  return examples(command, ['Before it is given to the workers', 'parse3d pack verify ./my-pack']);
}

const ImportOptions = z.object({
  labels: z.string(),
  out: z.string(),
  id: PackId.optional(),
  title: z.string().min(1).max(200).optional(),
  licence: z.string().min(1).optional(),
  modality: z.array(Modality).optional(),
});

function importCommand(): Command {
  const command = new Command('import-meshnet')
    .description('Makes a pack of a MeshNet in TensorFlow.js layers format.')
    .argument('<model.json>', 'the model; its weight files lie beside it')
    .requiredOption('--labels <colormap.json>', 'names and colours of the classes')
    .requiredOption('--out <folder>', 'the new pack')
    .option('--id <id>', 'of the pack (else the name of the folder)')
    .option('--title <title>', 'for people')
    .option('--licence <spdx>', 'of the weights, such as MIT; NOASSERTION when you do not know')
    .option('--modality <name>', 'several times for several (else mr)', collect)
    .action(
      action(ImportOptions, async ({ args, options, output }) => {
        const { labels, out, id, title, licence, modality } = options;
        const report = await importMeshnet({
          modelJson: args[0] ?? '',
          labels,
          out,
          id,
          title,
          licence,
          modalities: modality,
        });
        output.document({ ...report, pack: summaryOf(report.pack) });
        const { green, dim } = output.colours;
        output.say(`${green('ok')}  ${report.convolutions} convolutions, ${formatCount(report.parameters)} parameters`);
        for (const { what, largestDifference, largestValue } of report.checks) {
          const difference = `differs by at most ${largestDifference.toExponential(1)} of ${largestValue.toPrecision(2)}`;
          output.say(`${green('ok')}  ${what}: ${dim(`${difference} from a direct computation`)}`);
        }
        output.say(`${green('ok')}  ${report.pack.id} ${report.pack.version}: ${report.folder}`);
        output.hint(`use it: parse3d segment t1.nii.gz --pack ${out} --prompt "…" --out found`);
      }),
    );
  return examples(command, [
    'A model of brain regions',
    'parse3d pack import-meshnet model18cls/model.json --labels model18cls/colormap.json --out packs/meshnet18',
  ]);
}

const targetsOf = (pack: Pack): readonly (Target | LabelClass)[] =>
  pack.kind === 'label-map' ? pack.model.classes : pack.targets;

function summaryOf(pack: Pack) {
  const { id, version, title, kind, modalities, licence, demonstration } = pack;
  return {
    id,
    version,
    title,
    kind,
    modalities,
    licence: licence.spdx,
    demonstration,
    targets: targetsOf(pack).length,
  };
}
