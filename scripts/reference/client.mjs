import { openApiDocument } from '@parse3d/api';
import openapiTypes, { astToString } from 'openapi-typescript';
import ts from 'typescript';

/** Types of every path, from the document that the api serves. */
export const clientTypes = async () => {
  // What has a default may be left out of a request.
  const nodes = await openapiTypes(openApiDocument('0.0.0', undefined), { defaultNonNullable: false });
  const text = astToString(nodes.map(allowUndefined));
  return `/** Made by \`npm run reference\` from the OpenAPI document; not to be edited. */\n\n${text}`;
};

/**
 * JSON and queries leave out what is undefined, so that `{ pack: undefined }` is a request without a pack, also under
 * `exactOptionalPropertyTypes`.
 */
function allowUndefined(root) {
  const isValue = (path) => path[0] === 'components' || ['query', 'header'].includes(path.at(-2));
  const visitIn = (path) => (node) => {
    const name = node.name?.text;
    const inner = name === undefined ? path : [...path, name];
    const visited = ts.visitEachChild(node, visitIn(inner), undefined);
    if (!ts.isPropertySignature(visited) || visited.questionToken === undefined || !isValue(inner)) return visited;
    if (visited.type.kind === ts.SyntaxKind.NeverKeyword) return visited;
    const type = ts.factory.createUnionTypeNode([
      visited.type,
      ts.factory.createKeywordTypeNode(ts.SyntaxKind.UndefinedKeyword),
    ]);
    const { factory } = ts;
    return factory.updatePropertySignature(visited, visited.modifiers, visited.name, visited.questionToken, type);
  };
  return visitIn([])(root);
}
