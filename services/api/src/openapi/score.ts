import { z } from 'zod';
import { json, problem, withErrors } from './parts.js';
import { ScoreQuery } from '../score/submit-rows.js';

const ScoreRequest = z
  .strictObject({
    input_data: z.strictObject({
      columns: z.tuple([z.literal('image'), z.literal('text')]).meta({ description: 'Before `data`.' }),
      index: z.array(z.int()).optional(),
      data: z
        .array(z.tuple([z.string(), z.string()]))
        .min(1)
        .max(32)
        .meta({
          description:
            'Rows of a volume (NIfTI, compressed or not, in base64; line breaks do no harm) and its prompts, joined by `&` ' +
            'or `[SEP]`.',
          example: [['H4sIAAAA…', 'left kidney in abdominal CT & right kidney in abdominal CT']],
        }),
    }),
  })
  .meta({ id: 'ScoreRequest' });

const ScoreAnswer = z
  .array(z.strictObject({ nifti_file: z.string().meta({ example: String.raw`{"data": "H4sIAAAA…"}` }) }))
  .meta({ id: 'ScoreAnswer', description: 'A row each: JSON with the label map (.nii.gz in base64), labels 1 to n.' });

const ScoreAccepted = z
  .strictObject({ jobs: z.array(z.strictObject({ id: z.uuid(), url: z.string() })) })
  .meta({ id: 'ScoreAccepted' });

/** Paths of the hosted endpoint's contract. */
export const scorePaths = {
  '/score': {
    post: {
      operationId: 'score',
      summary: 'Segment at once, as the hosted MedImageParse 3D endpoint does',
      description:
        'For clients of that endpoint: another URL and key are all they need. Jobs run in the interactive lane and are ' +
        'listed with the others. Labels are numbered by the order of the prompts.',
      tags: ['jobs'],
      requestParams: {
        query: ScoreQuery,
        header: z.object({
          prefer: z.string().optional().meta({ description: '`respond-async`: answer 202 at once, with the jobs.' }),
        }),
      },
      requestBody: { required: true, content: { 'application/json': { schema: ScoreRequest } } },
      responses: withErrors(
        {
          '200': json(ScoreAnswer, 'The label maps, row by row.'),
          '202': json(ScoreAccepted, 'Accepted; each job is followed under its URL.'),
          '413': problem('A volume is too large.'),
          '504': problem('It takes longer than the server waits; `jobs` says where it goes on.'),
        },
        'unprocessable',
      ),
    },
  },
};
