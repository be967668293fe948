"""What a trained nnU-Net v2 folder says of itself: plans.json and dataset.json, in the old form and the new one.

Everything here is checked: what the engine does not do exactly as nnU-Net does it is refused by name.
"""

import dataclasses
import json

from stored import Refused

READERS = {"SimpleITKIO": None, "NibabelIO": None, "NibabelIOWithReorient": "RAS"}
SCHEMES = ("CTNormalization", "ZScoreNormalization", "RescaleTo01Normalization", "NoNormalization")
NETWORKS = ("PlainConvUNet", "ResidualEncoderUNet")
#: Names of PyTorch's layers that plans may ask for, by the last part of the name.
NORMS = ("InstanceNorm2d", "InstanceNorm3d", "BatchNorm2d", "BatchNorm3d")
NONLINEARITIES = ("LeakyReLU", "ReLU")


@dataclasses.dataclass(frozen=True)
class Network:
    """The network as the plans describe it; lists have one entry a stage, the finest first."""

    kind: str
    dimensions: int
    features: list
    kernels: list
    strides: list
    blocks: list
    decoder: list
    conv_bias: bool
    norm: "str | None"
    norm_options: dict
    dropout: bool
    nonlinearity: str
    nonlinearity_options: dict
    nonlinearity_first: bool


@dataclasses.dataclass(frozen=True)
class Configuration:
    """What one configuration of the plans asks for. Lists of axes are in the order of the network's tensors."""

    name: str
    dataset: str
    network: Network
    patch: list
    #: mm; None along the slices of a 2D network, which stay as they are.
    spacing: list
    transpose: list
    orientation: "str | None"
    scheme: str
    masked: bool
    #: mean, std, percentile_00_5 and percentile_99_5 of the foreground in training.
    fingerprint: dict
    modality: str
    channel: str
    labels: "Labels"


@dataclasses.dataclass(frozen=True)
class Labels:
    """names: of each label value but the background. regions: of each name, the label values it stands for.

    heads: label value that each head of a regions-based network writes, or None for a softmax over all labels.
    """

    regions: dict
    heads: "list | None"

    @property
    def values(self):
        return sorted({value for values in self.regions.values() for value in values})

    @property
    def outputs(self):
        """Channels of the network."""
        return len(self.values) + 1 if self.heads is None else len(self.heads)


def read_json(path):
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as missing:
        raise Refused(f"{path} is missing; --model is the folder that training wrote, with dataset.json, plans.json and fold_0 in it") from missing
    except (ValueError, UnicodeDecodeError) as problem:
        raise Refused(f"{path} is not JSON: {problem}") from problem
    if not isinstance(value, dict):
        raise Refused(f"{path} holds no object")
    return value


def read(folder, name):
    """The `Configuration` of that name. folder: what training wrote."""
    plans, dataset = read_json(folder / "plans.json"), read_json(folder / "dataset.json")
    try:
        return understand(plans, dataset, name)
    except (KeyError, TypeError, IndexError, ValueError, AttributeError) as problem:
        raise Refused(f"{folder}: plans.json and dataset.json are not those of nnU-Net v2 ({type(problem).__name__}: {problem})") from problem


def understand(plans, dataset, name):
    known = plans["configurations"]
    if name not in known:
        raise Refused(f"the plans have no configuration {name}, only: {', '.join(known)}")
    chosen = inherited(known, name)
    if chosen.get("previous_stage"):
        raise Refused(
            f"{name} is the second stage of a cascade: its network takes the masks of {chosen['previous_stage']} as further input channels, "
            "and a pack runs one network on the image alone; export 3d_lowres or 3d_fullres"
        )
    channels = dataset.get("channel_names") or dataset["modality"]
    if len(channels) != 1:
        raise Refused(f"the network takes {len(channels)} images together ({', '.join(map(str, channels.values()))}); a job of parse3d has one volume")
    check(chosen, plans)
    network = network_of(chosen)
    spacing = [float(mm) for mm in chosen["spacing"]]
    patch = [int(n) for n in chosen["patch_size"]]
    if len(patch) != network.dimensions or len(spacing) != network.dimensions:
        raise Refused(f"patch, spacing and network of {name} disagree: {len(patch)}, {len(spacing)} and {network.dimensions} axes")
    if network.dimensions == 2:
        spacing, patch = [None, *spacing], [1, *patch]
    fingerprint = plans.get("foreground_intensity_properties_per_channel") or plans.get("foreground_intensity_properties_by_modality") or {}
    return Configuration(
        name=name,
        dataset=str(plans.get("dataset_name", "")),
        network=network,
        patch=patch,
        spacing=spacing,
        transpose=[int(axis) for axis in plans["transpose_forward"]],
        orientation=READERS[plans["image_reader_writer"]],
        scheme=chosen["normalization_schemes"][0],
        masked=bool(chosen["use_mask_for_norm"][0]),
        fingerprint=fingerprint.get("0") or {},
        modality="",
        channel=str(next(iter(channels.values()))),
        labels=labels_of(dataset),
    )


def inherited(known, name, visited=()):
    """A configuration with what it takes over from others."""
    if name in visited:
        raise Refused(f"the configurations {', '.join(visited)} inherit from each other in a circle")
    own = dict(known[name])
    parent = own.get("inherits_from")
    return {**inherited(known, parent, (*visited, name)), **own} if parent else own


def check(chosen, plans):
    """Refuses what the engine does not do as nnU-Net does it."""
    reader = plans["image_reader_writer"]
    if reader not in READERS:
        raise Refused(f"the model was trained on files read by {reader}; {', '.join(READERS)} can be followed")
    scheme = chosen["normalization_schemes"][0]
    if scheme not in SCHEMES:
        raise Refused(f"the plans normalise by {scheme}; {', '.join(SCHEMES)} can be followed")
    if chosen.get("preprocessor_name", "DefaultPreprocessor") != "DefaultPreprocessor":
        raise Refused(f"the plans prepare volumes by {chosen['preprocessor_name']}; DefaultPreprocessor can be followed")
    for what, order in (("data", 3), ("probabilities", 1)):
        function = chosen.get(f"resampling_fn_{what}", "resample_data_or_seg_to_shape")
        options = {"is_seg": False, "order": order, "order_z": 0, "force_separate_z": None, **chosen.get(f"resampling_fn_{what}_kwargs", {})}
        wanted = {"is_seg": False, "order": order, "order_z": 0, "force_separate_z": None}
        if function != "resample_data_or_seg_to_shape" or options != wanted:
            raise Refused(f"the plans resample {what} by {function} with {options}; resample_data_or_seg_to_shape with {wanted} can be followed")
    if sorted(plans["transpose_forward"]) != [0, 1, 2]:
        raise Refused(f"transpose_forward is {plans['transpose_forward']}, expected an order of 0, 1 and 2")


def network_of(chosen):
    """The network, from `architecture` (new form) or from the keys that older plans have beside each other."""
    if "architecture" in chosen:
        kind = chosen["architecture"]["network_class_name"].rsplit(".", 1)[-1]
        options = dict(chosen["architecture"]["arch_kwargs"])
    else:
        kind, options = chosen["UNet_class_name"], old_form(chosen)
    if kind not in NETWORKS:
        raise Refused(f"the network is a {kind}; {' and '.join(NETWORKS)} can be built")
    blocks = options.pop("n_conv_per_stage" if kind == "PlainConvUNet" else "n_blocks_per_stage")
    stages = options.pop("n_stages")
    dimensions = {"Conv2d": 2, "Conv3d": 3}.get(last(options.pop("conv_op")), 0)
    norm, nonlinearity = last(options.pop("norm_op", None)), last(options.pop("nonlin", None))
    if dimensions == 0:
        raise Refused("the network convolves neither in 2 nor in 3 dimensions")
    if norm not in (*NORMS, None) or nonlinearity not in NONLINEARITIES:
        raise Refused(f"the network has {norm} and {nonlinearity}; {', '.join(NORMS)} with {' or '.join(NONLINEARITIES)} can be built")

    def per_stage(value, count=stages):
        return [value] * count if isinstance(value, int) else list(value)

    def per_axis(value):
        return [value] * dimensions if isinstance(value, int) else list(value)

    network = Network(
        kind=kind,
        dimensions=dimensions,
        features=per_stage(options.pop("features_per_stage")),
        kernels=[per_axis(kernel) for kernel in per_stage(options.pop("kernel_sizes"))],
        strides=[per_axis(stride) for stride in per_stage(options.pop("strides"))],
        blocks=per_stage(blocks),
        decoder=per_stage(options.pop("n_conv_per_stage_decoder"), stages - 1),
        conv_bias=bool(options.pop("conv_bias", False)),
        norm=norm,
        norm_options=dict(options.pop("norm_op_kwargs", None) or {}),
        dropout=options.pop("dropout_op", None) is not None,
        nonlinearity=nonlinearity,
        nonlinearity_options=dict(options.pop("nonlin_kwargs", None) or {}),
        nonlinearity_first=bool(options.pop("nonlin_first", False)),
    )
    options.pop("dropout_op_kwargs", None)
    options.pop("deep_supervision", None)
    unknown = sorted(key for key, value in options.items() if value is not None)
    if unknown:
        raise Refused(f"the network has options that cannot be followed: {', '.join(unknown)}")
    lengths = {len(network.features), len(network.kernels), len(network.strides), len(network.blocks), len(network.decoder) + 1}
    if lengths != {stages}:
        raise Refused(f"the network has {stages} stages, and lists of another length")
    return network


def old_form(chosen):
    """The options of the new form from plans written before nnU-Net 2.3.1."""
    blocks = chosen["n_conv_per_stage_encoder"]
    dimensions = len(chosen["patch_size"])
    return {
        "n_stages": len(blocks),
        "features_per_stage": [min(chosen["UNet_base_num_features"] * 2**i, chosen["unet_max_num_features"]) for i in range(len(blocks))],
        "conv_op": f"Conv{dimensions}d",
        "kernel_sizes": chosen["conv_kernel_sizes"],
        "strides": chosen["pool_op_kernel_sizes"],
        "n_conv_per_stage" if chosen["UNet_class_name"] == "PlainConvUNet" else "n_blocks_per_stage": blocks,
        "n_conv_per_stage_decoder": chosen["n_conv_per_stage_decoder"],
        "conv_bias": True,
        "norm_op": f"InstanceNorm{dimensions}d",
        "norm_op_kwargs": {"eps": 1e-5, "affine": True},
        "nonlin": "LeakyReLU",
        "nonlin_kwargs": {"inplace": True},
    }


def last(name):
    """The last part of a dotted name."""
    return None if name is None else str(name).rsplit(".", 1)[-1]


def labels_of(dataset):
    """The labels of dataset.json, by nnU-Net's rules."""
    named = {name: value for name, value in dataset["labels"].items() if name != "ignore"}
    regions = {name: [int(v) for v in value] if isinstance(value, (list, tuple)) else [int(value)] for name, value in named.items()}
    if regions.pop("background", None) != [0]:
        raise Refused("dataset.json: label 0 must be named background")
    regions = {name: sorted(set(values)) for name, values in regions.items()}
    if not any(len(values) > 1 for values in regions.values()):
        values = sorted(value for [value] in regions.values())
        if values != list(range(1, len(values) + 1)):
            raise Refused(f"dataset.json: labels must be numbered 1, 2, 3 and so on, not {values}")
        return Labels(regions, None)
    regions = {name: values for name, values in regions.items() if values != [0]}
    if any(0 in values for values in regions.values()):
        raise Refused("dataset.json: a region holds the background, which has no mask")
    order = [int(value) for value in dataset.get("regions_class_order") or []]
    if len(order) != len(regions) or len(set(order)) != len(order):
        raise Refused(f"dataset.json: regions_class_order must name one label of each of the {len(regions)} regions, it is {order}")
    # A label that no head writes is never in a mask.
    return Labels({name: [value for value in values if value in order] for name, values in regions.items()}, order)
