/** An image as the page shows it small, and its own size in pixels. */
export interface ImageFacts { width: number, height: number, thumbnail: Blob }

const thumbnailEdge = 192

/** Null for what this browser cannot draw: another format, a broken file, or no canvas in workers. */
export async function readImage(file: Blob): Promise<ImageFacts | null> {
  const bitmap = await decode(file)
  if (!bitmap) return null
  try {
    return { width: bitmap.width, height: bitmap.height, thumbnail: await draw(bitmap, thumbnailEdge, 'image/webp') }
  } finally {
    bitmap.close()
  }
}

/**
 * The image with its longer edge at most `maxEdge` pixels; the file itself if it is that small already. Models charge by pixels, so
 * that counts even where the bytes were few. Drawing it anew also leaves out what cameras write beside the picture, such as where it was taken.
 */
export async function shrinkImage(file: Blob, mime: string, maxEdge: number): Promise<Blob> {
  const bitmap = await decode(file)
  if (!bitmap) return file
  try {
    if (Math.max(bitmap.width, bitmap.height) <= maxEdge) return file
    // What may be transparent stays PNG; models take no format that every browser can write and that would be smaller.
    return await draw(bitmap, maxEdge, mime === 'image/png' || mime === 'image/gif' ? 'image/png' : 'image/jpeg')
  } finally {
    bitmap.close()
  }
}

async function decode(file: Blob): Promise<ImageBitmap | null> {
  if (typeof OffscreenCanvas === 'undefined' || file.size === 0) return null
  return createImageBitmap(file).catch(() => null)
}

async function draw(bitmap: ImageBitmap, maxEdge: number, type: string): Promise<Blob> {
  const scale = Math.min(1, maxEdge / Math.max(bitmap.width, bitmap.height))
  const canvas = new OffscreenCanvas(Math.max(1, Math.round(bitmap.width * scale)), Math.max(1, Math.round(bitmap.height * scale)))
  const context = canvas.getContext('2d')
  if (!context) throw new Error('there is no canvas')
  context.imageSmoothingQuality = 'high'
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height)
  return canvas.convertToBlob({ type, quality: 0.85 })
}
