import { useState } from 'preact/hooks';
import { nameForPeople } from '@parse3d/contract/names';
import { saveFile, saveLarge } from '../api/files.js';
import { RemoveJob } from '../components/remove.js';
import { bytes, shortId } from '../format.js';
import { isGuest } from '../session.js';

const ZIP = 'zip';

/** Every file of the result, one by one or all together. */
export function Downloads(props: {
  jobId: string;
  outputs: readonly { name: string; bytes: number }[];
  findings: readonly { label: number; prompt: string }[];
  onProblem: (error: unknown) => void;
}) {
  const [fetching, setFetching] = useState<string>();
  const job = `/v1/jobs/${props.jobId}`;
  const files = [
    ...props.outputs.map(({ name, bytes: size }) => ({ name, said: bytes(size), path: `${job}/outputs/${name}` })),
    ...(props.outputs.some(({ name }) => name === 'findings.csv')
      ? []
      : [{ name: 'findings.csv', said: 'table', path: `${job}/findings.csv` }]),
    { name: 'manifest.json', said: 'json', path: `${job}/outputs/manifest.json` },
  ];
  const save = async (name: string, fetchIt: () => Promise<void>): Promise<void> => {
    setFetching(name);
    try {
      await fetchIt();
    } catch (error) {
      props.onProblem(error);
    } finally {
      setFetching(undefined);
    }
  };
  return (
    <section class="group">
      <h2>Downloads</h2>
      <button
        type="button"
        class="entry"
        disabled={fetching === ZIP}
        onClick={() => void save(ZIP, () => saveLarge(`${job}/archive`, `parse3d-${shortId(props.jobId)}.zip`))}
      >
        <span>Everything, named after its prompts</span>
        <small>{fetching === ZIP ? 'fetching' : 'zip'}</small>
      </button>
      <ul class="files">
        {files.map(({ name, said, path }) => (
          <li key={name}>
            <button
              type="button"
              class="entry"
              disabled={fetching === name}
              onClick={() => void save(name, () => saveFile(path, nameForPeople(name, props.findings)))}
            >
              <span>{nameForPeople(name, props.findings)}</span>
              <small>{fetching === name ? 'fetching' : said}</small>
            </button>
          </li>
        ))}
      </ul>
      {!isGuest.value && <RemoveJob id={props.jobId} />}
    </section>
  );
}
