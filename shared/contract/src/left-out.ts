import { z } from 'zod';

/** Why something in a folder is not taken though it may have been meant. */
export const LeftOut = z
  .strictObject({
    reason: z.enum(['link', 'bids-name', 'bids-elsewhere', 'bids-part', 'bids-twice']),
    count: z.int().min(1),
  })
  .meta({ id: 'LeftOut' });
export type LeftOut = z.infer<typeof LeftOut>;

const leftOutTexts: Readonly<Record<LeftOut['reason'], string>> = {
  link: 'links out of the bucket or to nothing, which are not followed',
  'bids-name': 'images whose names are not as BIDS has them',
  'bids-elsewhere': 'images outside of the subjects’ folders, such as derivatives',
  'bids-part': 'images of phase, real or imaginary parts, which show no anatomy (choose them by the entity part)',
  'bids-twice': 'images that lie there as .nii and as .nii.gz, of which one was taken',
};

/** `3 links out of the bucket or to nothing, …`. */
export const tellLeftOut = ({ reason, count }: LeftOut): string => `${count} ${leftOutTexts[reason]}`;

/** What a view says: also in words. */
export const LeftOutView = z
  .array(LeftOut.extend({ detail: z.string() }))
  .optional()
  .meta({ description: 'What lies there and was not taken, by reason; absent where there is nothing.' });

export const viewLeftOut = (leftOut: readonly LeftOut[] | undefined): { leftOut?: (LeftOut & { detail: string })[] } =>
  leftOut === undefined || leftOut.length === 0
    ? {}
    : { leftOut: leftOut.map((one) => ({ ...one, detail: tellLeftOut(one) })) };
