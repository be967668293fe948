import { source, tags, title } from './draft.js';

/** What the job is found by later. A file's name is offered, never taken by itself: it often names a patient. */
export function Naming() {
  const file = source.value?.kind === 'file' ? source.value.file.name.replace(/(\.nii)?(\.gz)?$/i, '') : undefined;
  return (
    <section class="group">
      <h2>
        To find it again
        {file !== undefined && title.value === '' && (
          <button type="button" class="small" onClick={() => (title.value = file)}>
            Use the file’s name
          </button>
        )}
      </h2>
      <label class="field">
        <span>Title, if you like</span>
        <input
          type="text"
          maxLength={200}
          placeholder="Pilot 3, baseline"
          value={title.value}
          onInput={(event) => (title.value = event.currentTarget.value)}
        />
      </label>
      <label class="field">
        <span>Tags, with commas between them</span>
        <input
          type="text"
          maxLength={500}
          placeholder="pilot, baseline"
          value={tags.value}
          onInput={(event) => (tags.value = event.currentTarget.value)}
        />
      </label>
    </section>
  );
}
