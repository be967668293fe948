import type { ApiConfig } from '../config.js';

/** An address as answers give it: whole where a proxy's is configured, else from the slash on. @param path with its slash */
export function publicUrl(path: string, config: ApiConfig): string {
  return `${config.PARSE3D_PUBLIC_URL?.replace(/\/$/, '') ?? ''}${path}`;
}
