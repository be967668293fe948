import { signal } from '@preact/signals';

type Theme = 'dark' | 'light';
const STORED_AS = 'parse3d.theme';

/** Dark as in a reading room, unless somebody asked for light. */
export const theme = signal<Theme>(localStorage.getItem(STORED_AS) === 'light' ? 'light' : 'dark');

export function applyTheme(): void {
  document.documentElement.dataset['theme'] = theme.value;
}

export function toggleTheme(): void {
  theme.value = theme.value === 'dark' ? 'light' : 'dark';
  localStorage.setItem(STORED_AS, theme.value);
  applyTheme();
}
