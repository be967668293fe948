import type { RuleRecord } from '@parse3d/contract';
import { isVolumeName } from '@parse3d/contract/names';
import type { BlobStore } from '@parse3d/storage';

/** The rule's folder in storage: bucket and beginning of the key. */
export const watched = (rule: Pick<RuleRecord, 'bucket' | 'prefix'>): string => rule.bucket + rule.prefix;

/** True when the rule takes objects of this name, wherever the news of it comes from. */
export function matches(rule: RuleRecord, uri: string): boolean {
  if (!rule.enabled || !uri.startsWith(watched(rule))) return false;
  return rule.suffix === undefined ? isVolumeName(uri) : uri.endsWith(rule.suffix);
}

/** True for what is no volume of anybody's: folder markers, and all that the service itself writes. */
export function isNoInput(bucket: string, key: string, primary: BlobStore): boolean {
  if (key === '' || key.endsWith('/') || key.endsWith('_$folder$')) return true;
  return bucket === primary.bucket && !key.startsWith('uploads/');
}
