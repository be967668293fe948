/** `1.4 MiB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit] ?? 'B'}`;
}

/** `0.8 s`, `42 s`, `3 min 05 s`, `2 h 10 min`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return hours > 0 ? `${hours} h ${pad(minutes)} min` : `${minutes} min ${pad(rest)} s`;
}

const pad = (value: number): string => String(value).padStart(2, '0');

/** How long ago a time was: `12 s ago`, `3 h ago`, `4 d ago`. */
export function formatAge(iso: string, now: Date = new Date()): string {
  const seconds = Math.max(0, (now.getTime() - Date.parse(iso)) / 1000);
  if (seconds < 60) return `${Math.round(seconds)} s ago`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.round(seconds / 3600)} h ago`;
  return `${Math.round(seconds / 86_400)} d ago`;
}

/** Millilitres with as many digits as the number deserves. */
export function formatMl(ml: number): string {
  if (ml === 0) return '0';
  if (ml < 0.1) return ml.toPrecision(2);
  return ml < 100 ? ml.toFixed(1) : Math.round(ml).toLocaleString('en-US');
}

export const formatCount = (count: number): string => count.toLocaleString('en-US');

/** The text, cut to a length with an ellipsis. */
export function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, Math.max(0, length - 1))}…`;
}

/** `, 3.1 MiB of 12 MiB, 1.4 MiB/s, 6.2 s left`; rate and time left once they mean something. */
export function pace(bytes: number, total: number, startedAt: number, now: number = Date.now()): string {
  const seconds = (now - startedAt) / 1000;
  const amount = `, ${formatBytes(bytes)} of ${formatBytes(total)}`;
  if (seconds < 1 || bytes === 0) return amount;
  const rate = bytes / seconds;
  return `${amount}, ${formatBytes(rate)}/s, ${formatSeconds(Math.max(0, total - bytes) / rate)} left`;
}
