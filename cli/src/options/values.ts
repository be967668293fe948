import { z } from 'zod';

/** For options that may be given several times. */
export const collect = (value: string, earlier: string[] | undefined): string[] => [...(earlier ?? []), value];

/** What stands for the setting of the server, where a tenant has none of its own. */
export const SERVER_DEFAULT = 'default';

/** A limit: what the schema takes, `none` (null), or `default` for the server's own. */
export const limitOr = <T>(schema: z.ZodType<T>): z.ZodType<T | null | typeof SERVER_DEFAULT> =>
  z.string().transform((text, context) => {
    if (text === 'none') return null;
    if (text === SERVER_DEFAULT) return SERVER_DEFAULT;
    const parsed = schema.safeParse(text);
    if (parsed.success) return parsed.data;
    for (const { message } of parsed.error.issues) context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });

/** A whole number typed as an option. */
export const wholeNumber = (minimum: number, maximum: number): z.ZodType<number> =>
  z
    .string()
    .regex(/^\d{1,10}$/, `expected a whole number from ${minimum} to ${maximum}`)
    .transform(Number)
    .pipe(z.number().min(minimum, `at least ${minimum}`).max(maximum, `at most ${maximum}`));
