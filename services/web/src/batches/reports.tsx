import { request } from '../api/http.js';

export function Reports(props: {
  reports: readonly { name: string; url: string }[];
  onProblem: (error: unknown) => void;
}) {
  const save = async (name: string, url: string): Promise<void> => {
    try {
      const blob = await (await request(new URL(url, location.origin).pathname)).blob();
      const link = document.createElement('a');
      link.href = URL.createObjectURL(blob);
      link.download = name;
      link.click();
    } catch (error) {
      props.onProblem(error);
    }
  };
  return (
    <section class="card">
      <h2>Reports</h2>
      <div class="row">
        {props.reports.map(({ name, url }) => (
          <button type="button" key={name} onClick={() => void save(name, url)}>
            {name}
          </button>
        ))}
      </div>
    </section>
  );
}
