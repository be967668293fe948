"""Finds CLIP's list of merges, which the tokenizer is made from, where people already have it."""

import importlib.util
import os
import pathlib

NAMES = ("bpe_simple_vocab_16e6.txt.gz", "merges.txt")
#: Installed packages that bring the list along.
PACKAGES = ("clip", "open_clip")
HUB = "hub/models--openai--clip-vit-base-patch32/snapshots"


def find(given, checkpoint=None, repo=None):
    """The list as given; else beside the weights, in a checkout, in installed packages, in Hugging Face's cache."""
    if given is not None:
        if not given.is_file():
            raise SystemExit(f"{given} does not exist; --bpe is CLIP's {NAMES[0]}")
        return given
    found = next(candidates(checkpoint, repo), None)
    if found is None:
        raise SystemExit(
            f"CLIP's {NAMES[0]} (1.4 MB, MIT) is missing: put it beside the weights or give it with --bpe. It lies in the "
            "folder clip of github.com/openai/CLIP, and in the package open_clip: pip install --no-deps open_clip_torch"
        )
    return found


def candidates(checkpoint, repo):
    """Every place where a list lies, the nearest first."""
    for name in NAMES if checkpoint is not None else ():
        # In a folder of a download anywhere; beside a single file only there.
        # The file of a cache is often a link: the list may lie beside either.
        folders = (checkpoint.parent, checkpoint.resolve().parent)
        yield from sorted(checkpoint.rglob(name)) if checkpoint.is_dir() else (f for at in folders for f in at.glob(name))
    if repo is not None:
        yield from sorted(repo.rglob(NAMES[0]))
    for package in PACKAGES:
        spec = importlib.util.find_spec(package)
        for folder in spec.submodule_search_locations or [] if spec else []:
            yield from sorted(pathlib.Path(folder).rglob(NAMES[0]))
    cache = pathlib.Path(os.environ.get("HF_HOME", pathlib.Path.home() / ".cache/huggingface"))
    yield from sorted((cache / HUB).glob("*/merges.txt"))
