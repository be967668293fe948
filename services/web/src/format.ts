/** `1.4 MB`: decimal units, as downloads are told everywhere else. */
export function bytes(count: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = count;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit] ?? 'B'}`;
}

/** `3 s`, `2 min 05 s`, `1 h 20 min`. */
export function seconds(count: number): string {
  if (count < 0.95) return `${count.toFixed(1)} s`;
  // Rounded once, and then taken apart: 119.6 s are 2 min 00 s, not 1 min 60 s.
  const whole = Math.round(count);
  if (whole < 60) return `${whole} s`;
  const pad = (value: number): string => String(value).padStart(2, '0');
  const minutes = Math.floor(whole / 60);
  return minutes < 60
    ? `${minutes} min ${pad(whole % 60)} s`
    : `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`;
}

/** `just now`, `4 min ago`, or the date. */
export function ago(timestamp: string, now: number = Date.now()): string {
  const passed = (now - Date.parse(timestamp)) / 1_000;
  if (passed < 10) return 'just now';
  if (passed < 86_400) return `${seconds(passed).split(' ').slice(0, 2).join(' ')} ago`;
  return new Date(timestamp).toISOString().slice(0, 10);
}

/** Last part of a URI, with its folder where the name alone says little. */
export function shortUri(uri: string): string {
  const parts = uri.split('/');
  const name = parts.at(-1) ?? uri;
  // A folder of DICOM images.
  if (name === '') return `${parts.at(-2) ?? uri}/`;
  return /^volume\.(nii|nii\.gz|zip|npz|dcm)$/.test(name) ? `upload ${(parts.at(-2) ?? '').slice(0, 8)}` : name;
}

/** `1 volume`, `12,000 volumes`. */
export const volumes = (count: number): string => (count === 1 ? '1 volume' : `${count.toLocaleString('en')} volumes`);

export const shortId = (id: string): string => id.slice(0, 8);
export const percent = (share: number): string => `${Math.round(share * 100)}%`;
export const millilitres = (volume: number): string =>
  volume >= 100 ? volume.toFixed(0) : volume >= 1 ? volume.toFixed(1) : volume.toFixed(volume === 0 ? 0 : 2);
