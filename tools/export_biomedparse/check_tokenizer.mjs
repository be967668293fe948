/**
 * Encodes texts with npm's `@huggingface/tokenizers` and a pack's `tokenizer.json`.
 *
 *   node check_tokenizer.mjs <tokenizer.json> <texts.json>   prints a JSON list of id lists
 *
 * Packages are found from this file upwards, or in the folder that NODE_PACKAGES names.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

const [, , tokenizerPath, textsPath] = process.argv;
const home = process.env.NODE_PACKAGES ? resolve(process.env.NODE_PACKAGES, 'x.js') : import.meta.url;
const { Tokenizer } = createRequire(home)('@huggingface/tokenizers');

const tokenizer = new Tokenizer(JSON.parse(readFileSync(tokenizerPath, 'utf8')), {});
const texts = JSON.parse(readFileSync(textsPath, 'utf8'));
console.log(JSON.stringify(texts.map((text) => tokenizer.encode(text).ids)));
