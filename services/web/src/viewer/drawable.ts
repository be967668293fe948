/**
 * False for what only a worker can read: a folder of images, a zip file of them, a multi-frame object, an `.npz`. The server names uploads by
 * their content, so that a URI tells.
 */
export const isDrawable = (name: string): boolean => !/(\/|\.zip|\.npz|\.dcm)$/i.test(name);

/** The same of a file, by its first bytes: what is packed like a zip file is not NIfTI, whatever its name. */
export async function isDrawableFile(file: File): Promise<boolean> {
  try {
    const start = new Uint8Array(await file.slice(0, 4).arrayBuffer());
    return !(start[0] === 0x50 && start[1] === 0x4b && start[2] === 3 && start[3] === 4);
  } catch {
    // A dropped folder has no bytes; the upload will say so.
    return isDrawable(file.name);
  }
}
