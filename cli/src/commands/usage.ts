import { Command } from 'commander';
import { ConnectionOptions, withClient, withConnection } from '../client/connection.js';
import { formatAge, formatBytes } from '../terminal/format.js';
import { action, examples } from './define.js';

export function usageCommand(): Command {
  const command = new Command('usage')
    .description('Shows what the key’s tenant has stored, its quota, and how long things stay.')
    .action(
      action(ConnectionOptions, ({ options, output }) =>
        withClient(options, async (client) => {
          const usage = await client.usage();
          output.document(usage);
          const { bold, dim } = output.colours;
          const { bytes, quotaBytes, retentionSeconds, countedAt } = usage;
          const share = quotaBytes === null ? 'no quota' : `of ${formatBytes(quotaBytes)}`;
          const lines: [string, string][] = [
            ['stored', `${formatBytes(bytes.total)}, ${share}`],
            ['uploads', formatBytes(bytes.uploads + bytes.arriving)],
            ['results', formatBytes(bytes.results)],
            ['counted', countedAt === undefined ? 'not yet' : formatAge(countedAt)],
            ['unused', `uploads that nothing names stay for ${days(usage.uploadsKeptSeconds)}`],
            ['ended', retentionSeconds === null ? 'jobs and batches stay' : `they stay for ${days(retentionSeconds)}`],
          ];
          output.say(bold(usage.tenant));
          for (const [name, value] of lines) output.say(`  ${dim(name.padEnd(8))} ${value}`);
        }),
      ),
    );
  withConnection(command);
  return examples(
    command,
    ['All of it', 'parse3d usage'],
    ['Bytes alone, for a script', 'parse3d usage --json | jq .bytes.total'],
  );
}

const days = (seconds: number): string => `${Number((seconds / 86_400).toFixed(2))} days`;
