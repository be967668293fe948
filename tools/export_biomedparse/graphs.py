"""Writes torch modules as ONNX files of one piece: default operator domain, no external data."""

import contextlib
import ctypes
import gc
import inspect
import warnings

import onnx
import torch

import precision as precisions

#: Axes that may vary, by the name of the tensor; a trailing number is the layer or level.
DYNAMIC = {
    "input_ids": {0: "P"},
    "attention_mask": {0: "P"},
    "tokens_out": {0: "P"},
    "image": {0: "B"},
    "pyramid": {0: "B"},
    "pixels": {0: "B"},
    "tokens": {0: "L", 1: "P"},
    "mask_logits": {0: "BP"},
    "edge_logits": {0: "BP"},
    "existence": {0: "BP"},
}


def dynamic_axes(names, kind):
    """The varying axes of a graph's tensors; kind: 'text_encoder', 'image_encoder' or 'decoder'."""
    axes = {}
    for name in names:
        stem = name.rstrip("0123456789").rstrip("_")
        key = "tokens_out" if name == "tokens" and kind == "text_encoder" else stem
        if key in DYNAMIC:
            axes[name] = DYNAMIC[key]
    return axes


def write(module, kind, examples, path, opset, precision="fp32"):
    """Exports one module and checks the file. `examples`: a tensor per name in module.inputs."""
    options = {}
    if "dynamo" in inspect.signature(torch.onnx.export).parameters:
        options["dynamo"] = False  # The tracing exporter: the same graph from every torch version.
    with warnings.catch_warnings():
        # The tracer warns of shapes that it takes as constants; those that vary are listed above.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module.eval(),
            tuple(examples[name] for name in module.inputs),
            str(path),
            input_names=list(module.inputs),
            output_names=list(module.outputs),
            dynamic_axes=dynamic_axes((*module.inputs, *module.outputs), kind),
            opset_version=opset,
            do_constant_folding=True,
            **options,
        )
    give_back()
    rewrite(path, precision, module.inputs)
    give_back()
    # By its path, so that the checker's copy is the only one in memory.
    onnx.checker.check_model(str(path))
    give_back()


def check_inputs(path, model, expected):
    """The tracer drops an input that makes no difference to it; an engine that feeds it would refuse the graph."""
    found = {entry.name for entry in model.graph.input}
    lost = [name for name in expected if name not in found]
    if lost:
        raise SystemExit(f"{path.name} lost its inputs {', '.join(lost)}: export with another --image-size")


def give_back():
    """Returns freed memory to the system where the C library can: half of a graph's size would stay otherwise."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def rewrite(path, precision, inputs):
    """All inputs, only the default operator domain, the precision asked for, and nothing of the machine that wrote it."""
    model = onnx.load(str(path))
    check_inputs(path, model, inputs)
    domains = {entry.domain for entry in model.opset_import} | {n.domain for n in model.graph.node}
    if domains - {"", "ai.onnx"}:
        raise RuntimeError(f"{path} uses operators outside ONNX's default domain: {domains}")
    if precision == "fp16":
        precisions.to_half(model)
    model.producer_name, model.producer_version = "parse3d", ""
    model.doc_string = ""
    for node in model.graph.node:
        node.doc_string = ""
    onnx.save(model, str(path))
