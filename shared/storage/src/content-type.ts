const byExtension: readonly (readonly [string, string])[] = [
  ['.json', 'application/json'],
  ['.jsonl', 'application/x-ndjson'],
  ['.gz', 'application/gzip'],
  ['.png', 'image/png'],
  ['.html', 'text/html; charset=utf-8'],
  ['.txt', 'text/plain; charset=utf-8'],
];

/** The content type that a key's extension tells; `application/octet-stream` where it tells none. */
export function contentTypeOf(key: string): string {
  const known = byExtension.find(([extension]) => key.toLowerCase().endsWith(extension));
  return known?.[1] ?? 'application/octet-stream';
}

/** The HTTP header by which a browser saves a download under this name (RFC 6266), any Unicode in it. */
export function contentDisposition(name: string): string {
  const ascii = name.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  const encoded = encodeURIComponent(name.replace(/\p{Cs}/gu, '_')).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}
