"""The same by scikit-image: python3 bench/objects_scikit.py <file of uint8 voxels> <ni,nj,nk>"""

import json
import resource
import sys
import time

import numpy as np
from skimage.measure import label, regionprops_table

ni, nj, nk = (int(size) for size in sys.argv[2].split(","))
started = time.perf_counter()
mask = np.fromfile(sys.argv[1], np.uint8).reshape(nk, nj, ni)
labels = label(mask, connectivity=1)
labelled = time.perf_counter()
table = regionprops_table(labels, properties=("label", "area", "centroid", "bbox"))
done = time.perf_counter()
print(json.dumps({
    "objects": len(table["label"]),
    "voxels": int(table["area"].sum()),
    "labelSeconds": labelled - started,
    "tableSeconds": done - labelled,
    "peakMiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}))
