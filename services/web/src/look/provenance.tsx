import type { CompletedManifest } from '@parse3d/contract';
import type { JobDraft } from '../api/calls.js';
import { CopyButton } from '../components/parts.js';
import { seconds } from '../format.js';

/** The request that would make this result again. */
export function draftFromManifest(manifest: CompletedManifest): JobDraft {
  const { input, prompts, pack, modality, outputOptions, options, title, tags } = manifest;
  const numbered = prompts.some(({ label }, at) => label !== at + 1);
  return {
    input: { uri: input.uri },
    prompts: prompts.map(({ label, ...prompt }) => {
      if (numbered) return { ...prompt, label };
      return Object.keys(prompt).length > 1 ? prompt : prompt.text;
    }),
    pack: pack.id,
    modality,
    outputs: outputOptions,
    options,
    ...(title === undefined ? {} : { title }),
    ...(tags === undefined ? {} : { tags }),
  };
}

/** Where the result comes from: everything that a methods section needs. */
export function Provenance({ manifest }: { manifest: CompletedManifest }) {
  const { model, geometry, software, timingsMs, preparation } = manifest;
  const facts: [string, string][] = [
    ['Input', manifest.input.uri],
    ['SHA-256', manifest.input.sha256 ?? '–'],
    [
      'Grid',
      `${geometry.shape.join(' × ')} voxels of ${geometry.spacingMm.map((mm) => Number(mm.toFixed(3))).join(' × ')} mm`,
    ],
    ['Model', `${model.title}, ${manifest.pack.id} ${manifest.pack.version} (${model.licence})`],
    [
      'Software',
      `parse3d ${software.version}${software.commit === undefined ? '' : ` (${software.commit.slice(0, 12)})`}`,
    ],
    ['Seed', String(manifest.options.seed)],
    [
      'Stages',
      Object.entries(timingsMs)
        .map(([stage, ms]) => `${stage} ${seconds((ms ?? 0) / 1_000)}`)
        .join(', '),
    ],
  ];
  return (
    <details class="group">
      <summary>Where this comes from</summary>
      <dl class="provenance">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {preparation.length > 0 && (
        <ol class="preparation">
          {preparation.map((step) => (
            <li key={step}>{step}</li>
          ))}
        </ol>
      )}
      {model.citation !== undefined && (
        <p class="citation">
          {model.citation} <CopyButton text={model.citation} what="the citation" />
        </p>
      )}
      <p class="hint">{model.intendedUse}</p>
    </details>
  );
}
