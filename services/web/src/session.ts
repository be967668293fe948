import { computed, signal } from '@preact/signals';

/** The API key lives as long as the tab. It is never written to disk, and never part of an address that is sent. */
const STORED_AS = 'parse3d.key';

export const apiKey = signal<string | undefined>(undefined);
/** Why the last key was refused. */
export const keyProblem = signal<string | undefined>(undefined);
export const signedIn = computed(() => apiKey.value !== undefined);

/**
 * Takes the key out of `#key=…`, as `parse3d up` prints it: what follows # stays in the browser, and is removed from the
 * address at once. Otherwise the earlier key is used.
 */
export function restoreSession(): void {
  const fromAddress = new URLSearchParams(location.hash.slice(1)).get('key');
  if (fromAddress !== null) {
    history.replaceState(null, '', location.pathname + location.search);
    signIn(fromAddress);
    return;
  }
  apiKey.value = sessionStorage.getItem(STORED_AS) ?? undefined;
}

export function signIn(key: string): void {
  sessionStorage.setItem(STORED_AS, key.trim());
  keyProblem.value = undefined;
  apiKey.value = key.trim();
}

export function signOut(why?: string): void {
  sessionStorage.removeItem(STORED_AS);
  keyProblem.value = why;
  apiKey.value = undefined;
}
