/** Longest part of a file's name that a prompt makes. Unit: characters. */
const LONGEST = 60;

/** A prompt as part of a file's name: its letters and digits, of any script, with hyphens between them. */
export function fileWord(prompt: string): string {
  const word = prompt
    .normalize('NFC')
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, '-');
  return [...word].slice(0, LONGEST).join('').replace(/^-|-$/g, '') || 'target';
}

/**
 * What an output is called for people: `mask-3.nii.gz` says nothing, `mask-3-left-hippocampus.nii.gz` does. The number keeps
 * the names of two prompts apart; other outputs keep their names.
 */
export function nameForPeople(
  output: string,
  findings: readonly { readonly label: number; readonly prompt: string }[],
): string {
  const [, kind, label, rest] = /^([a-z]+)-(\d+)(\..+)$/.exec(output) ?? [];
  const finding = findings.find((one) => one.label === Number(label));
  return finding === undefined ? output : `${kind}-${label}-${fileWord(finding.prompt)}${rest}`;
}
