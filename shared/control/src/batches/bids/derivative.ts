import { z } from 'zod';
import {
  blobKeys,
  type BatchItem,
  type BatchRecord,
  type CompletedManifest,
  type Manifest,
  type OutputFile,
} from '@parse3d/contract';
import { bidsLabels, derivativeStem, parseBidsPath, type BidsImage } from '@parse3d/contract/names';
import { isProblem } from '@parse3d/contract/problems';
import { readJson, type BlobStore } from '@parse3d/storage';
import type { Software } from '../../ledger/manifests.js';
import { datasetDescription, labelTable, readme, sidecar } from './documents.js';

const LabelsJson = z.object({ targets: z.array(z.object({ id: z.int(), colour: z.string() })) });

/**
 * The results of a batch of a BIDS dataset, laid out as a derivative of it: copies of what the manifests name, made from
 * them alone, so that it can be made again at any time and never decides what the result of a job is.
 * docs/decisions/0011-bids-derivatives-are-copies.md says why.
 */
export class BidsDerivative {
  readonly #batch: BatchRecord;
  readonly #store: BlobStore;
  readonly #software: Software;
  /**
   * Stems of the folder in work that are taken: `x.nii` and `x.nii.gz` would be one derivative. The first in the order of
   * the source counts, which is that of the names: what lies in one folder comes together.
   */
  readonly #taken = new Set<string>();
  #folder = '';

  constructor(batch: BatchRecord, store: BlobStore, software: Software) {
    this.#batch = batch;
    this.#store = store;
    this.#software = software;
  }

  /** Lays out one item; one that did not complete leaves nothing. Can be repeated. */
  async add(item: BatchItem, manifest: Manifest | undefined): Promise<void> {
    const path = item.uri.slice(this.#batch.source.uri?.length ?? 0);
    const image = parseBidsPath(path);
    if (manifest?.status !== 'completed' || image === undefined) return;
    const space = { space: 'orig', ...descOf(item) };
    const stem = derivativeStem(image, space, 'dseg');
    if (image.folder !== this.#folder) {
      this.#folder = image.folder;
      this.#taken.clear();
    }
    if (this.#taken.has(stem)) return;
    this.#taken.add(stem);
    try {
      await this.#layOut(path, image, space, stem, manifest);
    } catch (error) {
      // Outputs that somebody removed since cannot be copied, and must not keep the batch from its end.
      if (!isProblem(error, 'blob-missing')) throw error;
    }
  }

  /** Written last: a derivative with a description is whole. */
  async close(): Promise<void> {
    await this.#writeText('README.md', readme(this.#batch));
    await this.#writeJson('dataset_description.json', datasetDescription(this.#batch, this.#software));
  }

  async #layOut(
    path: string,
    image: BidsImage,
    space: Readonly<Record<string, string>>,
    stem: string,
    manifest: CompletedManifest,
  ): Promise<void> {
    const output = (name: string): OutputFile | undefined => manifest.outputs.find((file) => file.name === name);
    const labels = output('labels.nii.gz');
    if (labels !== undefined) await this.#copy(labels, `${stem}.nii.gz`);
    await this.#writeText(`${stem}.tsv`, labelTable(manifest.findings, await this.#colours(output('labels.json'))));
    await this.#writeJson(`${stem}.json`, sidecar(path, manifest));
    const names = bidsLabels(manifest.findings);
    for (const [index, { label, prompt }] of manifest.findings.entries()) {
      for (const [kind, suffix] of [
        ['mask', 'mask'],
        ['prob', 'probseg'],
      ] as const) {
        const file = output(`${kind}-${label}.nii.gz`);
        if (file === undefined) continue;
        const own = derivativeStem(image, { ...space, label: names[index] ?? `label${label}` }, suffix);
        await this.#copy(file, `${own}.nii.gz`);
        await this.#writeJson(`${own}.json`, sidecar(path, manifest, prompt));
      }
    }
  }

  async #colours(file: OutputFile | undefined): Promise<Map<number, string>> {
    if (file === undefined) return new Map();
    const { targets } = LabelsJson.parse(await readJson(this.#store, file.key));
    return new Map(targets.map(({ id, colour }) => [id, colour]));
  }

  async #copy({ key, contentType }: OutputFile, path: string): Promise<void> {
    const { body } = await this.#store.read(key);
    await this.#store.write(this.#key(path), body, { contentType });
  }

  async #writeJson(path: string, value: object): Promise<void> {
    await this.#writeText(path, `${JSON.stringify(value, null, 2)}\n`);
  }

  async #writeText(path: string, text: string): Promise<void> {
    await this.#store.write(this.#key(path), Buffer.from(text));
  }

  #key(path: string): string {
    return `${blobKeys.batchDerivative(this.#batch.batchId)}${path}`;
  }
}

/** `desc-frame007` of a frame, so that names sort as the frames do. */
const descOf = ({ frame }: BatchItem): { desc?: string } =>
  frame === undefined ? {} : { desc: `frame${String(frame.number).padStart(String(frame.count).length, '0')}` };
