"""Writes a folder as training writes it, with seeded random weights: for tests, documents and measurements.

`python3 make_model.py --case isotropic --out /tmp/model` takes one of the small cases below.
"""

import argparse
import json
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "export_biomedparse"))

import torch

import plans
import unet

LABELS = {"background": 0, "liver": 1, "kidney_left": 2, "kidney_right": 3}
REGIONS = {"background": 0, "whole_tumor": [1, 2, 3], "tumor_core": [2, 3], "enhancing_tumor": 3}
CT = {"mean": 60.0, "std": 180.0, "percentile_00_5": -400.0, "percentile_99_5": 700.0, "median": 50.0, "min": -1000.0, "max": 1500.0}


def stages(count, dimensions, flat=0):
    """kernels and strides of `count` stages; the first `flat` of them do not look along axis 0."""
    kernels = [[1 if n < flat else 3, *[3] * (dimensions - 1)] for n in range(count)]
    strides = [[1] * dimensions] + [[1 if n <= flat else 2, *[2] * (dimensions - 1)] for n in range(1, count)]
    return kernels, strides


#: Each: dimensions, patch and spacing in the order of the tensor, normalisation, and what differs from the rest.
CASES = {
    "isotropic": {"patch": [16, 24, 24], "spacing": [2.0, 1.9, 1.9], "scheme": "CTNormalization"},
    "anisotropic": {"patch": [8, 24, 24], "spacing": [5.0, 1.5, 1.5], "scheme": "ZScoreNormalization", "masked": True, "flat": 1},
    "flat": {"patch": [24, 32], "spacing": [1.7, 1.7], "scheme": "RescaleTo01Normalization", "mirror": [0, 1], "seed": 2},
    "regions": {"patch": [16, 24, 24], "spacing": [2.0, 2.0, 2.0], "scheme": "ZScoreNormalization", "regions": True},
    "mirrored": {"patch": [16, 16, 24], "spacing": [2.5, 2.0, 2.0], "scheme": "NoNormalization", "mirror": [0, 1, 2], "old": True},
    "folds": {"patch": [24, 16, 24], "spacing": [2.0, 2.2, 2.0], "scheme": "CTNormalization", "folds": 2, "transpose": [1, 0, 2]},
    "residual": {"patch": [40, 16, 24], "spacing": [2.0, 1.8, 1.8], "scheme": "CTNormalization", "kind": "ResidualEncoderUNet", "reorient": True},
}


def configuration_of(case):
    """One configuration of plans.json."""
    dimensions = len(case["patch"])
    kernels, strides = stages(3, dimensions, case.get("flat", 0))
    kind = case.get("kind", "PlainConvUNet")
    resampling = {"is_seg": False, "order": 3, "order_z": 0, "force_separate_z": None}
    common = {
        "data_identifier": "nnUNetPlans", "preprocessor_name": "DefaultPreprocessor", "batch_size": 2,
        "patch_size": case["patch"], "median_image_size_in_voxels": [40.0] * dimensions, "spacing": case["spacing"],
        "normalization_schemes": [case["scheme"]], "use_mask_for_norm": [case.get("masked", False)],
        "resampling_fn_data": "resample_data_or_seg_to_shape", "resampling_fn_data_kwargs": resampling,
        "resampling_fn_seg": "resample_data_or_seg_to_shape", "resampling_fn_seg_kwargs": {**resampling, "is_seg": True, "order": 1},
        "resampling_fn_probabilities": "resample_data_or_seg_to_shape", "resampling_fn_probabilities_kwargs": {**resampling, "order": 1},
        "batch_dice": True,
    }
    if case.get("old"):
        return {
            **common, "UNet_class_name": kind, "UNet_base_num_features": 3, "unet_max_num_features": 5, "num_pool_per_axis": [2] * dimensions,
            "n_conv_per_stage_encoder": [2, 2, 2], "n_conv_per_stage_decoder": [2, 2], "conv_kernel_sizes": kernels, "pool_op_kernel_sizes": strides,
        }
    blocks = {"n_conv_per_stage" if kind == "PlainConvUNet" else "n_blocks_per_stage": [2, 2, 2]}
    arch = {
        "n_stages": 3, "features_per_stage": [3, 5, 5], "conv_op": f"torch.nn.modules.conv.Conv{dimensions}d", "kernel_sizes": kernels,
        "strides": strides, **blocks, "n_conv_per_stage_decoder": [1, 1], "conv_bias": True,
        "norm_op": f"torch.nn.modules.instancenorm.InstanceNorm{dimensions}d", "norm_op_kwargs": {"eps": 1e-05, "affine": True},
        "dropout_op": None, "dropout_op_kwargs": None, "nonlin": "torch.nn.LeakyReLU", "nonlin_kwargs": {"inplace": True},
    }
    name = f"dynamic_network_architectures.architectures.unet.{kind}"
    required = ["conv_op", "norm_op", "dropout_op", "nonlin"]
    return {**common, "architecture": {"network_class_name": name, "arch_kwargs": arch, "_kw_requires_import": required}}


def write(case, folder, seed=None):
    """Writes dataset.json, plans.json and the folds. case: a value of CASES."""
    seed = seed or case.get("seed", 1)
    name = "2d" if len(case["patch"]) == 2 else "3d_fullres"
    transpose = case.get("transpose", [0, 1, 2])
    all_plans = {
        "dataset_name": "Dataset900_Phantom", "plans_name": "nnUNetPlans", "image_reader_writer": "NibabelIOWithReorient" if case.get("reorient") else "SimpleITKIO",
        "transpose_forward": transpose, "transpose_backward": [transpose.index(axis) for axis in range(3)],
        "configurations": {name: configuration_of(case)}, "experiment_planner_used": "ExperimentPlanner", "label_manager": "LabelManager",
        "foreground_intensity_properties_per_channel": {"0": CT},
    }
    dataset = {
        "channel_names": {"0": "CT"}, "labels": REGIONS if case.get("regions") else LABELS, "numTraining": 1, "file_ending": ".nii.gz",
        **({"regions_class_order": [1, 2, 3]} if case.get("regions") else {}),
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "plans.json").write_text(json.dumps(all_plans, indent=2) + "\n", encoding="utf-8")
    (folder / "dataset.json").write_text(json.dumps(dataset, indent=2) + "\n", encoding="utf-8")
    found = plans.read(folder, name)
    for fold in range(case.get("folds", 1)):
        torch.manual_seed(seed + fold)
        network = unet.UNet(found.network, found.labels.outputs)
        randomise(network)
        balance(network, case["patch"])
        path = folder / f"fold_{fold}" / "checkpoint_final.pth"
        path.parent.mkdir(exist_ok=True)
        torch.save(
            {
                "network_weights": network.state_dict(), "trainer_name": "nnUNetTrainer", "init_args": {"configuration": name, "fold": fold},
                "inference_allowed_mirroring_axes": tuple(case["mirror"]) if "mirror" in case else None, "current_epoch": 1,
            },
            path,
        )


def randomise(network):
    """Weights that keep the size of what passes, and heads that favour no class."""
    with torch.no_grad():
        for module in network.modules():
            if hasattr(module, "weight") and module.weight.dim() > 1:
                torch.nn.init.kaiming_normal_(module.weight, a=0.01)
                if module.bias is not None:
                    module.bias.normal_(0, 0.1)
            elif hasattr(module, "weight"):
                module.weight.uniform_(0.7, 1.3)
                module.bias.normal_(0, 0.2)


def balance(network, patch):
    """Shifts the head that is run so that every class is the likeliest somewhere."""
    head = network.decoder.seg_layers[-1]
    with torch.no_grad():
        logits = network.eval()(torch.randn(1, 1, *patch))
        axes = [0, *range(2, logits.dim())]
        head.bias -= logits.mean(axes)
        head.weight /= logits.std(axes).reshape(-1, *[1] * (head.weight.dim() - 1))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--case", choices=CASES, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--seed", type=int)
    args = parser.parse_args()
    write(CASES[args.case], args.out, args.seed)
