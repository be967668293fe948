import { useState } from 'preact/hooks';
import { request } from '../api/http.js';
import { bytes } from '../format.js';

/** Every file of the result. A link cannot carry the key, so each is fetched and handed over. */
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
      const response = await request(`/v1/jobs/${props.jobId}/outputs/${name}`);
      const url = URL.createObjectURL(await response.blob());
      const link = document.createElement('a');
      link.href = url;
      link.download = name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(url), 60_000);
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
    </section>
  );
}
