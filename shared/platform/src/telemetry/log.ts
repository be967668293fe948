import { pino, type Logger } from 'pino';

/** What waits to be written while its place takes nothing. Unit: characters. */
const MAX_WAITING = 1024 * 1024;

/**
 * The log of a process, as lines of JSON. A full disk or a broken pipe behind it must not end what it tells of: lines wait
 * within a bound, what does not fit is counted, and the count is the first line once there is room again.
 *
 * @param fd file descriptor that it writes to. @default 1, standard output
 */
export function openLog(name: string, level: string, fd = 1): Logger {
  const destination = pino.destination({ dest: fd, sync: true, maxLength: MAX_WAITING });
  const log = pino({ name, level }, destination);
  let failed: string | undefined;
  let dropped = 0;
  destination.on('error', (error: NodeJS.ErrnoException) => (failed = error.code ?? error.message));
  destination.on('drop', () => dropped++);
  destination.on('write', () => {
    if (failed === undefined) return;
    const told = { code: failed, dropped };
    failed = undefined;
    dropped = 0;
    // Not from within the write that has just gone through.
    setImmediate(() => log.warn(told, 'the log could not be written for a while'));
  });
  return log;
}
