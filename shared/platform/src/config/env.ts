import { z } from 'zod';
import { Problem } from '@parse3d/contract/problems';

/**
 * Parses environment variables by a schema whose keys are the variables' names. An empty variable counts as unset.
 *
 * @throws Problem `config-invalid` naming every variable that is wrong, without its value (it may be a secret)
 */
export function parseEnv<T extends z.ZodObject>(schema: T, env: NodeJS.ProcessEnv): z.infer<T> {
  const known: Record<string, string> = {};
  for (const name of Object.keys(schema.shape)) {
    const value = env[name];
    if (value !== undefined && value !== '') known[name] = value;
  }
  const parsed = schema.safeParse(known);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new Problem('config-invalid', `environment variables are wrong: ${faults.join('; ')}`, { faults });
}

/** `30s`, `5m`, `2h`, `7d` or `250ms` to milliseconds. */
export const duration = (fallback: string) =>
  z
    .string()
    .regex(/^\d+(ms|s|m|h|d)$/, 'expected a duration such as 250ms, 30s, 5m, 2h or 7d')
    .default(fallback)
    .transform((text) => {
      const units: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
      const unit = units[/(ms|s|m|h|d)$/.exec(text)?.[1] ?? ''] ?? 1;
      return Number.parseInt(text, 10) * unit;
    });

/** `512MiB`, `4GiB` or plain bytes to bytes. */
export const byteSize = (fallback: string) =>
  z
    .string()
    .regex(/^\d+(\.\d+)?([KMGT]i?B)?$/, 'expected a size such as 512MiB, 4GiB, 500GB or a number of bytes')
    .default(fallback)
    .transform((text) => {
      const [, letter, binary] = /([KMGT])(i?)B$/.exec(text) ?? [];
      const power = letter === undefined ? 0 : 'KMGT'.indexOf(letter) + 1;
      return Math.floor(Number.parseFloat(text) * (binary === 'i' ? 1024 : 1000) ** power);
    });

/** A comma-separated list; blanks around the commas are dropped. */
export const commaList = (fallback: string) =>
  z
    .string()
    .default(fallback)
    .transform((text) =>
      text
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    );

export const flag = (fallback: 'true' | 'false') =>
  z
    .enum(['true', 'false'])
    .default(fallback)
    .transform((text) => text === 'true');

export const port = (fallback: number) => z.coerce.number().int().min(0).max(65_535).default(fallback);
