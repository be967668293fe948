"""Exports a trained nnU-Net v2 model to a pack of parse3d: an ONNX graph a fold, and pack.json.

Ends with a table of parity between PyTorch and the graphs in ONNX Runtime, and with exit status 1 when a row of it
is off. See README.md beside this file.
"""

import argparse
import dataclasses
import inspect
import pathlib
import re
import sys
import warnings

# What both exporters do is written once. Own modules come first.
sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "export_biomedparse"))

import needs

needs.check()

import numpy as np
import onnx
import torch

import destination
import names
import nnunet_pack
import plans
import runtime
import unet
import weights
from progress import say
from stored import Refused

#: Largest error of the logits, in units of the largest one.
LIMIT = 1e-4
OPSET = 17
MODALITIES = ("ct", "mr", "us", "pet", "em", "lightsheet")


def main(arguments=None):
    """Reads, builds, writes, compares. Returns the exit status."""
    args = parse(arguments)
    # All that can be refused is refused before the long steps.
    destination.check(args.out, args.overwrite)
    folds = [weights.read(path) for path in checkpoints(args)]
    configuration = configured(args, folds)
    mirrored = mirrored_of(folds, configuration) if args.mirroring else None
    runtime.require()
    torch.set_num_threads(args.threads)
    with destination.Staged(args.out, args.overwrite) as staged:
        graphs = [f"{fold.path.parent.name}.onnx" for fold in folds]
        rows = [write_fold(fold, configuration, staged.folder / name) for fold, name in zip(folds, graphs)]
        table = table_of(graphs, rows)
        print(table)
        if not all(error <= LIMIT for error in rows):
            say(f"{args.out}: not written")
            return 1
        nnunet_pack.write(
            staged.folder, pack_id=args.out.name, title=args.title or title_of(configuration), spdx=args.weights_licence,
            configuration=configuration, graphs=graphs, mirrored=mirrored, folds=folds, table=table,
        )
        staged.publish()
    say(f"{args.out}: parity holds")
    return 0


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=pathlib.Path, required=True, help="folder that training wrote: dataset.json, plans.json, fold_0 …")
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder of the pack; its name is the pack's id")
    parser.add_argument("--folds", nargs="+", help="0 1 2 3 4, or all; default: every fold that is there")
    parser.add_argument("--configuration", help="default: the one that the checkpoint names")
    parser.add_argument("--checkpoint", default="checkpoint_final.pth", help="file of weights in each fold (default: %(default)s)")
    parser.add_argument("--no-mirroring", dest="mirroring", action="store_false", help="as nnUNetv2_predict --disable_tta: up to eight times as fast")
    parser.add_argument("--modality", choices=MODALITIES, help="default: by the channel's name in dataset.json")
    parser.add_argument("--title", help="for people; default: the data set's name")
    parser.add_argument("--weights-licence", default="NOASSERTION", metavar="SPDX", help="licence of the weights, as you received them")
    parser.add_argument("--overwrite", action="store_true", help="replace the pack that is there")
    parser.add_argument("--threads", type=int, default=2, help="for the comparison (default: %(default)s)")
    args = parser.parse_args(arguments)
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,62}", args.out.name):
        parser.error(f"--out ends in {args.out.name!r}; a pack's folder is its id: lower-case letters, digits, hyphens")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.+-]*", args.weights_licence):
        parser.error(f"--weights-licence {args.weights_licence!r} is not an SPDX identifier such as Apache-2.0 or NOASSERTION")
    return args


def checkpoints(args):
    """The file of weights of each fold asked for."""
    if not args.model.is_dir():
        raise Refused(f"--model {args.model} is not a folder")
    if args.folds:
        return [args.model / f"fold_{fold}" / args.checkpoint for fold in args.folds]
    found = sorted(args.model.glob(f"fold_[0-9]*/{args.checkpoint}")) or sorted(args.model.glob(f"fold_all/{args.checkpoint}"))
    if not found:
        raise Refused(f"{args.model} has no fold with a {args.checkpoint}; --model is the folder that holds fold_0, dataset.json and plans.json")
    return found


def configured(args, folds):
    """The configuration, with the modality."""
    named = {fold.configuration for fold in folds} - {None}
    if len(named) > 1 or (args.configuration and named - {args.configuration}):
        raise Refused(f"the folds were trained as {', '.join(sorted(named))}{', not as ' + args.configuration if args.configuration else ''}")
    name = args.configuration or next(iter(named), None)
    if name is None:
        raise Refused("the checkpoint does not name its configuration; give --configuration, such as 3d_fullres")
    found = plans.read(args.model, name)
    modality = args.modality or names.modality_of(found.channel)
    if modality is None:
        raise Refused(f"dataset.json calls the channel {found.channel!r}: say with --modality which of {', '.join(MODALITIES)} that is")
    return dataclasses.replace(found, modality=modality)


def mirrored_of(folds, configuration):
    """The axes that prediction mirrors; of several folds, as nnU-Net does, those of the first."""
    mirrored = folds[0].mirrored
    if mirrored and max(mirrored) >= configuration.network.dimensions:
        raise Refused(f"{folds[0].path} mirrors axis {max(mirrored)} of a network of {configuration.network.dimensions} axes")
    return mirrored


def write_fold(fold, configuration, path):
    """Writes the graph of one fold. Returns the largest error of ONNX Runtime against PyTorch."""
    say(f"{fold.path}: trained by {fold.trainer or 'an unknown trainer'}")
    network = unet.UNet(configuration.network, configuration.labels.outputs)
    fold.load_into(network)
    if configuration.network.dimensions == 2:
        network = unet.InSlices(network)
    network.eval()
    image = torch.from_numpy(np.random.default_rng(0).standard_normal((1, 1, *configuration.patch), dtype=np.float32))
    say(f"writing {path.name}")
    with torch.no_grad():
        expected = network(image).numpy()
        write_graph(network, image, path)
    with runtime.open_session(path, torch.get_num_threads()) as session:
        found = session.run({"image": image.numpy()})[0]["logits"]
    return float(np.abs(found - expected).max() / np.abs(expected).max())


def write_graph(network, image, path):
    """One file, default operators, fixed lengths."""
    # The tracing exporter gives the same graph from every version of PyTorch.
    options = {"dynamo": False} if "dynamo" in inspect.signature(torch.onnx.export).parameters else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network, (image,), str(path), input_names=["image"], output_names=["logits"],
            opset_version=OPSET, do_constant_folding=True, **options,
        )
    onnx.checker.check_model(str(path))


def table_of(graphs, rows):
    lines = ["| graph | largest error of the logits | allowed | |", "|---|---|---|---|"]
    return "\n".join([*lines, *(f"| {name} | {error:.1e} | {LIMIT:.0e} | {'ok' if error <= LIMIT else 'OFF'} |" for name, error in zip(graphs, rows))])


def title_of(configuration):
    return re.sub(r"^Dataset\d+_", "", configuration.dataset).replace("_", " ").strip() or "nnU-Net model"


def run():
    """`main`, with faults of the machine in a sentence."""
    try:
        return main()
    except KeyboardInterrupt:
        say("interrupted: nothing was written")
        return 130
    except OSError as error:
        say(f"{error.filename}: {error.strerror}" if error.filename else str(error))
        return 1


if __name__ == "__main__":
    sys.exit(run())
