import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** Writes tokenizer.json from CLIP's vocabulary as the exporter does, with Python's standard library alone. */
export function writeClipTokenizer(vocabulary: string, path: string): void {
  const tools = join(import.meta.dirname, '../../../tools/export_biomedparse');
  const script = [
    'import json, sys',
    'sys.path.insert(0, sys.argv[1])',
    'from tokenizer import read_merges, tokenizer_json',
    "json.dump(tokenizer_json(read_merges(sys.argv[2])), open(sys.argv[3], 'w'))",
  ].join('\n');
  execFileSync('/usr/bin/python3', ['-B', '-c', script, tools, vocabulary, path]);
}
