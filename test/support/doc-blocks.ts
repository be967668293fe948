import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

export const repository = resolve(import.meta.dirname, '../..');

/** Why a block of commands is not run here. The word stands in its fence: `sh needs=gpu`. */
export const reasons = {
  clone: 'it makes a fresh clone ready, with downloads from npm',
  restart: 'it would restart the service that these tests share',
  gpu: 'it needs an NVIDIA GPU',
  docker: 'it needs Docker',
  cluster: 'it needs a Kubernetes cluster',
  aws: 'it needs the AWS command line, and a store of your own',
  https: 'it needs an address on the public internet',
  checkpoint: 'it needs the checkpoint of BiomedParse v2',
} as const;
export type Reason = keyof typeof reasons;

/** What a block needs and `docs-provided.test.ts` gives it, where it is installed. */
const provided = ['s3', 'dicom', 'meshnet'] as const;
export const isProvided = (needs: string | undefined): boolean => provided.some((name) => name === needs);

/** A fenced block of a page. */
export interface DocBlock {
  readonly page: string;
  /** Line of the fence, from 1. */
  readonly line: number;
  /** `sh` is run, or has a reason; `console` is a transcript with a `$` before what is typed, and is only read. */
  readonly language: string;
  readonly text: string;
  readonly needs: string | undefined;
  /** Runs until it is stopped. */
  readonly background: boolean;
  /** Run again and again until its output holds this. */
  readonly until: string | undefined;
  /** The text is a file of this name. */
  readonly file: string | undefined;
}

const FENCE = /^( *)```(\S*)(.*)$/;

/** Every fenced block of a page, in order, without the indentation of the list it stands in. */
export function blocksOf(page: string): DocBlock[] {
  const blocks: DocBlock[] = [];
  const lines = readPage(page).split('\n');
  for (let at = 0; at < lines.length; at += 1) {
    const opened = FENCE.exec(lines[at] ?? '');
    if (opened === null) continue;
    const [, indent = '', language = '', info = ''] = opened;
    const line = at + 1;
    const text: string[] = [];
    for (at += 1; at < lines.length && lines[at]?.trim() !== '```'; at += 1) {
      text.push((lines[at] ?? '').replace(new RegExp(`^ {0,${indent.length}}`), ''));
    }
    const value = (name: string): string | undefined => new RegExp(`(?:^| )${name}=(\\S+)`).exec(info)?.[1];
    blocks.push({
      page,
      line,
      language,
      text: `${text.join('\n')}\n`,
      needs: value('needs'),
      until: value('until'),
      file: value('file'),
      background: / background\b/.test(info),
    });
  }
  return blocks;
}

export const readPage = (page: string): string => readFileSync(join(repository, page), 'utf8');

/** Paths of all pages from the repository's root: docs/, and what stands beside it. */
export function pages(): string[] {
  const docs = readdirSync(join(repository, 'docs'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
    .map((entry) => relative(repository, join(entry.parentPath, entry.name)));
  return [...docs.filter((page) => !page.includes('.vitepress')), 'README.md', 'CONTRIBUTING.md'].sort();
}
