"""Measures every label of a real volume with nibabel, scipy and scikit-image, as golden numbers for parse3d's own measures.

    python3 measure_regions.py NAME INTENSITIES LABELS [NAME INTENSITIES LABELS ...] > measure-regions.csv

Counts, boxes, centres and parts come from scipy.ndimage, intensities from numpy (population standard deviation, linear
percentiles), the surface from skimage.measure.marching_cubes at 0.5 and mesh_surface_area, the longest diameter from the
corners of that mesh (their convex hull, every pair).
"""
import sys

import nibabel as nib
import numpy as np
from scipy import ndimage
from scipy.spatial import ConvexHull
from scipy.spatial.distance import pdist
from skimage.measure import marching_cubes, mesh_surface_area

COLUMNS = (
    "volume label voxels volume_ml surface_mm2 longest_diameter_mm centroid_x_mm centroid_y_mm centroid_z_mm "
    "box_min_i box_min_j box_min_k box_max_i box_max_j box_max_k "
    "intensity_mean intensity_sd intensity_median intensity_p5 intensity_p95 components largest_component_share"
).split()


def measure(mask: np.ndarray, values: np.ndarray, image: nib.Nifti1Image) -> list[float]:
    affine = image.affine
    spacing = nib.affines.voxel_sizes(affine)
    voxels = int(mask.sum())
    centre = nib.affines.apply_affine(affine, ndimage.center_of_mass(mask))
    (box,) = ndimage.find_objects(mask.astype(np.uint8))
    inside = values[mask]
    sizes = np.bincount(ndimage.label(mask)[0].ravel())[1:]
    corners, faces, _, _ = marching_cubes(np.pad(mask[box], 1).astype(np.float32), 0.5, spacing=tuple(spacing))
    hull = corners[ConvexHull(corners).vertices]
    return [
        voxels, voxels * abs(np.linalg.det(affine[:3, :3])) / 1000, mesh_surface_area(corners, faces), pdist(hull).max(),
        *centre, *(axis.start for axis in box), *(axis.stop - 1 for axis in box),
        inside.mean(), inside.std(), *np.percentile(inside, [50, 5, 95]), len(sizes), sizes.max() / voxels,
    ]


def main() -> None:
    print(",".join(COLUMNS))
    for name, intensities, labels in zip(*[iter(sys.argv[1:])] * 3):
        image = nib.load(labels)
        regions = np.asanyarray(image.dataobj).astype(int)
        values = nib.load(intensities).get_fdata()
        for label in np.unique(regions)[1:]:
            row = measure(regions == label, values, image)
            print(",".join([name, str(label), *(format(float(value), ".8g") for value in row)]))


if __name__ == "__main__":
    main()
