import { saveFile } from '../api/files.js';

export function Reports(props: {
  reports: readonly { name: string; url: string }[];
  onProblem: (error: unknown) => void;
}) {
  const save = (name: string, url: string): void => {
    saveFile(new URL(url, location.origin).pathname, name).catch(props.onProblem);
  };
  return (
    <section class="card">
      <h2>Reports</h2>
      <div class="row">
        {props.reports.map(({ name, url }) => (
          <button type="button" key={name} onClick={() => save(name, url)}>
            {name}
          </button>
        ))}
      </div>
    </section>
  );
}
