/** Endings of files that are one volume each. Names choose what is looked at; what a file is, its content decides. */
const VOLUME = /\.(nii|nii\.gz|nrrd|mha)$/i;

/** Labels that 3D Slicer wrote beside a volume are not a volume to segment. */
const SEGMENTATION = /\.seg\.nrrd$/i;

/** The same endings as a glob's braces have them, for people. */
export const VOLUME_ENDINGS = '.nii, .nii.gz, .nrrd or .mha';

/** Endings of files that may be uploaded or named one by one: also containers, of which nobody knows unasked what they hold. */
export const uploadEndings = ['.nii', '.nii.gz', '.gz', '.nrrd', '.mha', '.npz', '.zip', '.dcm'] as const;

/** True for what a folder, a rule and a listing take for a volume where nobody says more. */
export const isVolumeName = (name: string): boolean => VOLUME.test(name) && !SEGMENTATION.test(name);

/** True for a name of one file that may hold a volume, as opposed to a folder's. */
export const isFileName = (name: string): boolean => isVolumeName(name) || /\.(npz|zip|dcm)$/i.test(name);

/** The name without the ending of a volume or container. */
export const volumeStem = (name: string): string => name.replace(/\.(nii\.gz|nii|nrrd|mha|npz|zip|dcm)$/i, '');
