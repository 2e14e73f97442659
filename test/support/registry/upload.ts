import type { Blob, Image } from './images.js';

/**
 * Puts an image into a registry, as the distribution specification has it, under these tags and under its digest.
 *
 * @param base such as `http://127.0.0.1:5000/v2/`
 * @param headers sent with each request, such as Authorization
 */
export async function upload(
  base: string,
  repository: string,
  image: Image,
  tags: readonly string[],
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  const put = async (url: string | URL, { bytes, mediaType }: Omit<Blob, 'digest'>) =>
    succeeded(await fetch(url, { method: 'PUT', headers: { ...headers, 'Content-Type': mediaType }, body: bytes }));
  for (const blob of image.blobs) {
    const begun = succeeded(await fetch(`${base}${repository}/blobs/uploads/`, { method: 'POST', headers }));
    const place = new URL(begun.headers.get('location') ?? '', base);
    place.searchParams.set('digest', blob.digest);
    await put(place, { ...blob, mediaType: 'application/octet-stream' });
  }
  for (const manifest of image.manifests) await put(`${base}${repository}/manifests/${manifest.digest}`, manifest);
  for (const reference of [image.manifest.digest, ...tags])
    await put(`${base}${repository}/manifests/${reference}`, image.manifest);
}

function succeeded(response: Response): Response {
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}`);
  return response;
}
