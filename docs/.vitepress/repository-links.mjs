import { existsSync } from 'node:fs';
import { dirname, relative, resolve, sep } from 'node:path';

/**
 * Links that leave docs/ lead to files of the repository, which are no pages of the site: there they become the path of
 * the file, to be opened in the clone. A link to a file that does not exist stops the build, as dead links within do.
 */
export function repositoryLinks(markdown, docs) {
  const repository = resolve(docs, '..');
  markdown.core.ruler.push('repository-links', (state) => {
    const page = state.env.path;
    if (typeof page !== 'string') return;
    for (const block of state.tokens) {
      const tokens = block.children ?? [];
      tokens.forEach((token, at) => {
        const href = token.type === 'link_open' ? token.attrGet('href') : null;
        if (href === null || /^([a-z]+:|#|\/)/.test(href)) return;
        const target = resolve(dirname(page), href.replace(/#.*$/, ''));
        if (target.startsWith(resolve(docs) + sep)) return;
        if (!existsSync(target)) throw new Error(`${relative(repository, page)}: there is no file ${href}`);
        const close = tokens.findIndex((other, index) => index > at && other.type === 'link_close');
        token.tag = 'span';
        token.attrs = [
          ['class', 'in-repository'],
          ['title', `in the repository: ${relative(repository, target)}`],
        ];
        tokens[close].tag = 'span';
        // The default rules look at href; a span has none.
        token.type = 'repository_open';
        tokens[close].type = 'repository_close';
      });
    }
  });
}
