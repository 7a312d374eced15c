/** https://spec.matrix.org/v1.19/client-server-api/#serving-inline-content */
const INLINE_TYPES: ReadonlySet<string> = new Set([
  'text/css',
  'text/plain',
  'text/csv',
  'application/json',
  'application/ld+json',
  'image/jpeg',
  'image/gif',
  'image/png',
  'image/apng',
  'image/webp',
  'image/avif',
  'video/mp4',
  'video/webm',
  'video/ogg',
  'video/quicktime',
  'audio/mp4',
  'audio/webm',
  'audio/aac',
  'audio/mpeg',
  'audio/ogg',
  'audio/wave',
  'audio/wav',
  'audio/x-wav',
  'audio/x-pn-wav',
  'audio/flac',
  'audio/x-flac',
]);

/** `inline` only for types that no browser runs; everything else is `attachment`. */
export function contentDisposition(contentType: string, fileName: string | null): string {
  const essence = (contentType.split(';', 1)[0] ?? '').trim().toLowerCase();
  const kind = INLINE_TYPES.has(essence) ? 'inline' : 'attachment';
  return fileName === null || fileName === '' ? kind : `${kind}; ${fileNameParameter(fileName)}`;
}

/** https://www.rfc-editor.org/rfc/rfc6266#section-4.3 */
function fileNameParameter(fileName: string): string {
  if (/^[\x20-\x7e]*$/.test(fileName)) return `filename="${fileName.replaceAll(/[\\"]/g, (character) => `\\${character}`)}"`;
  const encoded = encodeURIComponent(fileName.toWellFormed()).replaceAll(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `filename*=utf-8''${encoded}`;
}
