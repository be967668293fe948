"""Runs MeshNets in PyTorch, to compare ONNX Runtime with. Arguments: model.json, input, output, three lengths; repeated.

The input holds float32 [x, y, z], the output gets float32 logits [channels, x, y, z].
"""

import json
import pathlib
import sys

import numpy
import torch
from torch.nn import functional

ACTIVATIONS = {"elu": functional.elu, "relu": functional.relu, "gelu": functional.gelu}


def read_weights(path, manifest):
    weights = {}
    for group in manifest:
        buffer = b"".join((path.parent / name).read_bytes() for name in group["paths"])
        offset = 0
        for entry in group["weights"]:
            count = int(numpy.prod(entry["shape"]))
            values = numpy.frombuffer(buffer, "<f4", count, offset).reshape(entry["shape"])
            weights[entry["name"]] = torch.from_numpy(values.copy())
            offset += 4 * count
    return weights


def run(path, volume):
    model = json.loads(path.read_text())
    weights = read_weights(path, model["weightsManifest"])
    value = volume[None, None]
    for layer in model["modelTopology"]["model_config"]["config"]["layers"]:
        config = layer["config"]
        name = config["name"]
        if layer["class_name"] == "Conv3D":
            kernel = weights[name + "/kernel"].permute(4, 3, 0, 1, 2).contiguous()
            dilation = config["dilation_rate"]
            padding = [(size - 1) * step // 2 for size, step in zip(kernel.shape[2:], dilation)]
            value = functional.conv3d(value, kernel, weights.get(name + "/bias"), padding=padding, dilation=dilation)
            if name.endswith("_gn"):
                value = functional.group_norm(value, value.shape[1], eps=1e-5)
        elif layer["class_name"] == "Activation":
            value = ACTIVATIONS[config["activation"]](value)
    return value[0]


def main(arguments):
    torch.set_num_threads(2)
    for start in range(0, len(arguments), 6):
        model, source, target, *shape = arguments[start : start + 6]
        volume = torch.from_numpy(numpy.fromfile(source, "<f4").reshape([int(length) for length in shape]))
        with torch.no_grad():
            run(pathlib.Path(model), volume).numpy().astype("<f4").tofile(target)


if __name__ == "__main__":
    main(sys.argv[1:])
