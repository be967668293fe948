import type { JobView } from '@parse3d/contract';
import { go } from '../router.js';
import { askAgain } from './again.js';

/** Back to the form with what this job was asked for: other prompts or another pack need no new upload. */
export function AgainButton({ job }: { job: JobView }) {
  return (
    <button
      type="button"
      onClick={() => {
        askAgain(job);
        go('/');
      }}
    >
      Ask again…
    </button>
  );
}
