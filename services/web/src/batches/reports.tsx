import { saveBlob, saveFile } from '../api/files.js';
import { shortId } from '../format.js';
import { namesTable, rememberedNames } from './sent-names.js';

export function Reports(props: {
  batchId: string;
  reports: readonly { name: string; url: string }[];
  onProblem: (error: unknown) => void;
}) {
  const save = (name: string, url: string): void => {
    saveFile(new URL(url, location.origin).pathname, name).catch(props.onProblem);
  };
  const names = rememberedNames(props.batchId);
  return (
    <section class="card">
      <h2>Reports</h2>
      <div class="row">
        {props.reports.map(({ name, url }) => (
          <button type="button" key={name} onClick={() => save(name, url)}>
            {name}
          </button>
        ))}
        {names !== undefined && (
          <button
            type="button"
            title="Names of the files that this browser sent, by the ordinal of summary.csv"
            onClick={() => saveBlob(namesTable(names), `files-${shortId(props.batchId)}.csv`)}
          >
            Which file is which
          </button>
        )}
      </div>
    </section>
  );
}
