"""Converts DICOM folders by dcm2niix and compares each with our NIfTI of the same series.

JSON argument: {"work": folder, "cases": [{"series": folder, "ours": file}], "inWorld": bool}
`inWorld` turns the axes of both to the nearest of right, anterior, superior first, which is exact.
Prints a list: largest difference of the affines, of the voxels, and the shapes.
"""

import glob
import json
import os
import subprocess
import sys

import nibabel
import numpy as np

arguments = json.loads(sys.argv[1])
found = []
for number, case in enumerate(arguments["cases"]):
    out = os.path.join(arguments["work"], str(number))
    os.makedirs(out)
    subprocess.run(["dcm2niix", "-z", "n", "-b", "n", "-f", "theirs", "-o", out, case["series"]], check=True, stdout=subprocess.DEVNULL)
    (path,) = glob.glob(os.path.join(out, "*.nii"))
    theirs, ours = nibabel.load(path), nibabel.load(case["ours"])
    if arguments.get("inWorld"):
        theirs, ours = nibabel.as_closest_canonical(theirs), nibabel.as_closest_canonical(ours)
    same = theirs.shape == ours.shape
    found.append(
        {
            "sameShape": same,
            "affine": float(np.abs(theirs.affine - ours.affine).max()),
            "voxels": float(np.abs(theirs.get_fdata() - ours.get_fdata()).max()) if same else None,
            "different": len(np.unique(ours.get_fdata())),
        }
    )
print(json.dumps(found))
