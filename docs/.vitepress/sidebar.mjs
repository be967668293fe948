import { readdirSync } from 'node:fs';

const page = (text, link) => ({ text, link });
const apiPages = readdirSync(new URL('../reference/api/', import.meta.url))
  .filter((name) => name.endsWith('.md') && name !== 'index.md')
  .map((name) => name.slice(0, -'.md'.length))
  .map((tag) => page(tag, `/reference/api/${tag}`));

export const sidebar = [
  {
    text: 'Start',
    items: [
      page('What it is', '/'),
      page('Quick start', '/quick-start'),
      page('Concepts', '/concepts'),
      page('The page', '/page'),
    ],
  },
  {
    text: 'How-tos',
    items: [
      page('Overview', '/how-to/'),
      page('My own model as a pack', '/how-to/own-model'),
      page('BiomedParse v2', '/how-to/biomedparse'),
      page('From storage events to masks', '/how-to/storage-events'),
      page('A whole dataset', '/how-to/dataset'),
      page('Single objects', '/how-to/objects'),
      page('Evaluate against ground truth', '/how-to/evaluate'),
      page('DICOM in and out', '/dicom'),
      page('A GPU node', '/how-to/gpu'),
      page('Kubernetes', '/how-to/kubernetes'),
      page('From the hosted endpoint', '/how-to/hosted-endpoint'),
    ],
  },
  {
    text: 'Reference',
    items: [
      page('Overview', '/reference/'),
      { ...page('HTTP API', '/reference/api/'), collapsed: true, items: apiPages },
      page('Command line, all options', '/reference/cli'),
      page('Command line, how it behaves', '/cli'),
      page('Configuration', '/reference/configuration'),
      page('Problem codes', '/reference/problems'),
      page('pack.json', '/reference/pack'),
      page('Packs', '/packs'),
      page('Metrics', '/reference/metrics'),
      page('Findings', '/findings'),
      page('Tasks and evaluation', '/tasks-and-evaluation'),
      page('Batches', '/batches'),
      page('Storage events', '/storage-events'),
      page('Webhooks', '/webhooks'),
      page('Glossary', '/glossary'),
    ],
  },
  {
    text: 'Operations',
    items: [page('Operations', '/operations'), page('Security model', '/security'), page('Tracing', '/tracing')],
  },
  {
    text: 'Background',
    items: [
      page('Prose', '/contributing/prose'),
      page('Architecture', '/architecture'),
      page('Benchmarks', '/benchmarks'),
      page('Decisions', '/decisions/README'),
      page('Alternatives', '/alternatives'),
      page('Limits', '/limits'),
      page('Research use and citation', '/citing'),
    ],
  },
];
