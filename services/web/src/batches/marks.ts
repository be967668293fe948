import type { ItemMark } from '@parse3d/contract';
import { useEffect, useState } from 'preact/hooks';
import { listMarks, markItem } from '../api/calls.js';
import { saveFile } from '../api/files.js';

/** What was marked in a batch, and how to mark more. */
export interface Marks {
  readonly byOrdinal: ReadonlyMap<number, ItemMark>;
  readonly problem: unknown;
  /** Null takes a mark back. */
  readonly set: (ordinal: number, mark: ItemMark['mark'] | null, note?: string) => void;
  readonly save: () => void;
}

export function useMarks(batchId: string): Marks {
  const [byOrdinal, setByOrdinal] = useState<ReadonlyMap<number, ItemMark>>(new Map());
  const [problem, setProblem] = useState<unknown>();
  useEffect(() => {
    let current = true;
    listMarks(batchId)
      .then((all) => current && setByOrdinal(new Map(all.map((mark) => [mark.ordinal, mark]))))
      .catch((error: unknown) => current && setProblem(error));
    return () => {
      current = false;
    };
  }, [batchId]);
  return {
    byOrdinal,
    problem,
    set: (ordinal, mark, note) => {
      setProblem(undefined);
      markItem(batchId, { ordinal, mark, ...(note === undefined ? {} : { note }) })
        .then((said) => {
          setByOrdinal((before) => {
            const after = new Map(before);
            if (said === undefined) after.delete(ordinal);
            else after.set(ordinal, said);
            return after;
          });
        })
        .catch(setProblem);
    },
    save: () => {
      saveFile(`/v1/batches/${batchId}/marks.csv`, `marks-${batchId.slice(0, 8)}.csv`).catch(setProblem);
    },
  };
}
