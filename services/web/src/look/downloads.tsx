import { useState } from 'preact/hooks';
import { saveFile } from '../api/files.js';
import { RemoveJob } from '../components/remove.js';
import { bytes } from '../format.js';
import { isGuest } from '../session.js';

/** Every file of the result. */
export function Downloads(props: {
  jobId: string;
  outputs: readonly { name: string; bytes: number }[];
  onProblem: (error: unknown) => void;
}) {
  const [fetching, setFetching] = useState<string>();
  const files = [...props.outputs, { name: 'manifest.json', bytes: undefined }];
  const save = async (name: string): Promise<void> => {
    setFetching(name);
    try {
      await saveFile(`/v1/jobs/${props.jobId}/outputs/${name}`, name);
    } catch (error) {
      props.onProblem(error);
    } finally {
      setFetching(undefined);
    }
  };
  return (
    <section class="group">
      <h2>Downloads</h2>
      <ul class="files">
        {files.map(({ name, bytes: size }) => (
          <li key={name}>
            <button type="button" class="entry" disabled={fetching === name} onClick={() => void save(name)}>
              <span>{name}</span>
              <small>{fetching === name ? 'fetching' : size === undefined ? 'json' : bytes(size)}</small>
            </button>
          </li>
        ))}
      </ul>
      {!isGuest.value && <RemoveJob id={props.jobId} />}
    </section>
  );
}
