"""Writes the golden cases of engine/test/nnunet: small packs, phantoms, and what nnunetv2's own predictor makes of them.

Needs nnunetv2 (written with 2.8.1, torch 2.15 and scikit-image 0.26, on a CPU), nibabel and onnx:

    python3 golden.py --out ../../engine/test/nnunet/golden

Nothing but this script needs nnunetv2. Same seeds, same files, but for the last digits of a machine's arithmetic.
"""

import argparse
import json
import os
import pathlib
import shutil
import tempfile

for name in ("nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results"):
    os.environ.setdefault(name, tempfile.gettempdir())

import nibabel
import numpy as np
import torch
from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor
from scipy.ndimage import gaussian_filter

import export
import make_model

#: Voxels [i, j, k] and their size in mm. Axes point to L, A, S: not the way that a reader turns them.
PHANTOMS = {"even": ((38, 36, 32), (1.7, 1.7, 2.3), 3), "thick": ((44, 40, 11), (1.2, 1.2, 6.0), 4)}
PHANTOM_OF = {"anisotropic": "thick", "flat": "thick", "mirrored": "even"}
SAMPLES = 200


def phantom(name):
    """int16 voxels of a blob with smooth contrast, a hole of zeros in it, and a border of zeros around it."""
    shape, spacing, seed = PHANTOMS[name]
    random = np.random.default_rng(seed)
    places = np.stack(np.meshgrid(*[np.linspace(-1, 1, n) for n in shape], indexing="ij"))
    distance = np.sqrt(((places / np.array([0.85, 0.8, 1.3])[:, None, None, None]) ** 2).sum(0))
    smooth = gaussian_filter(random.standard_normal(shape), [2.5 / mm for mm in spacing])
    values = np.round(60 + 250 * smooth / smooth.std() + 15 * random.standard_normal(shape))
    values[np.sqrt((places**2).sum(0)) < 0.15] = 0
    values[distance > 1] = 0
    affine = np.diag([-spacing[0], spacing[1], spacing[2], 1.0])
    affine[:3, 3] = [20, -31, 7]
    return nibabel.Nifti1Image(values.astype(np.int16), affine)


def predict(model, image, out):
    """Lets nnunetv2 segment one file. Returns the predictor."""
    predictor = nnUNetPredictor(device=torch.device("cpu"), allow_tqdm=False, perform_everything_on_device=False)
    folds = sorted(int(fold.name.split("_")[1]) for fold in model.glob("fold_*"))
    predictor.initialize_from_trained_model_folder(str(model), folds)
    predictor.predict_from_files_sequential([[str(image)]], [str(out)], save_probabilities=False)
    return predictor


def sampled(predictor, image):
    """Logits as nnU-Net sees them before it decides, at some voxels: of the array that its reader gives, [z, y, x]."""
    plans, configuration = predictor.plans_manager, predictor.configuration_manager
    data, _, properties = configuration.preprocessor_class(verbose=False).run_case([str(image)], None, plans, configuration, predictor.dataset_json)
    logits = predictor.predict_logits_from_preprocessed_data(torch.from_numpy(data)).cpu()
    spacing = [properties["spacing"][axis] for axis in plans.transpose_forward]
    own = configuration.spacing if len(configuration.spacing) == 3 else [spacing[0], *configuration.spacing]
    box = properties["bbox_used_for_cropping"]
    inner = properties["shape_after_cropping_and_before_resampling"]
    back = np.asarray(configuration.resampling_fn_probabilities(logits, inner, own, spacing)).astype(np.float64)
    random = np.random.default_rng(11)
    places = np.stack([random.integers(0, n, SAMPLES) for n in inner], 1)
    return {
        # In the transposed and cropped array, slowest axis first.
        "shape": [int(n) for n in inner],
        "box": [[int(a), int(b)] for a, b in box],
        "voxels": places.tolist(),
        "logits": [[float(value) for value in back[(slice(None), *place)]] for place in places],
        "range": [float(back.min()), float(back.max())],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=pathlib.Path, required=True)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    for name in PHANTOMS:
        nibabel.save(phantom(name), args.out / f"{name}.nii.gz")
    with tempfile.TemporaryDirectory() as scratch:
        for name, case in make_model.CASES.items():
            model = pathlib.Path(scratch) / name
            make_model.write(case, model)
            pack = args.out / f"nnunet-{name}"
            if export.main(["--model", str(model), "--out", str(pack), "--overwrite", "--threads", "1", "--weights-licence", "MIT"]) != 0:
                raise SystemExit(f"{name} was not exported")
            image = args.out / f"{PHANTOM_OF.get(name, 'even')}.nii.gz"
            labels = pathlib.Path(scratch) / f"{name}-labels"
            predictor = predict(model, image, labels)
            found = nibabel.load(f"{labels}.nii.gz")
            nibabel.save(nibabel.Nifti1Image(np.asarray(found.dataobj).astype(np.uint8), found.affine), args.out / f"{name}-labels.nii.gz")
            golden = {"phantom": image.name, **sampled(predictor, image)}
            (args.out / f"{name}.json").write_text(json.dumps(golden) + "\n", encoding="utf-8")
            sizes = np.bincount(np.asarray(found.dataobj).astype(int).ravel(), minlength=4)
            print(f"{name}: voxels of each label {sizes.tolist()}, logits {golden['range']}")
    shutil.rmtree(args.out / "__pycache__", ignore_errors=True)


if __name__ == "__main__":
    main()
