import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitepress';
import { refuseOtherHosts } from './no-other-hosts.mjs';
import { repositoryLinks } from './repository-links.mjs';
import { sidebar } from './sidebar.mjs';

const docs = fileURLToPath(new URL('..', import.meta.url));

/** The documents as a site: `npm run docs`. It holds everything that it shows and asks no other host for anything. */
export default defineConfig({
  title: 'parse3d',
  description: 'Self-hosted, text-prompted segmentation of 3D biomedical volumes',
  lang: 'en-GB',
  // Where on its server the site lies: /, or /parse3d/ with a slash at its end.
  base: process.env.PARSE3D_DOCS_BASE ?? '/',
  cleanUrls: false,
  ignoreDeadLinks: false,
  lastUpdated: false,
  themeConfig: {
    nav: [
      { text: 'Quick start', link: '/quick-start' },
      { text: 'How-tos', link: '/how-to/', activeMatch: '^/how-to/' },
      { text: 'Reference', link: '/reference/', activeMatch: '^/reference/' },
      { text: 'Operations', link: '/operations' },
    ],
    sidebar,
    outline: [2, 3],
    search: { provider: 'local' },
    footer: {
      message: 'For research use only: not a medical device, not for diagnosis or treatment.',
    },
  },
  buildEnd: ({ outDir }) => refuseOtherHosts(outDir),
  // What looks like a tag in a text (`parse3d results <job>`) is text.
  markdown: { html: false, config: (markdown) => repositoryLinks(markdown, docs) },
});
