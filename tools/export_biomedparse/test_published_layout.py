"""A file of the published layout, exported: `python3 -m unittest -v test_published_layout` in this folder.

    PARSE3D_TEST_DATA   a folder with clip/bpe_simple_vocab_16e6.txt.gz
    PARSE3D_TEST_KEEP   an existing folder that the file and its pack stay in (default: a temporary one)
"""

import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import torch

import checkpoint
import make_checkpoint
import net
import random_weights
import reference
import tokenizer

HERE = pathlib.Path(__file__).parent
DATA = pathlib.Path(os.environ["PARSE3D_TEST_DATA"]) if "PARSE3D_TEST_DATA" in os.environ else None


@unittest.skipUnless(DATA, "PARSE3D_TEST_DATA is not set: the export needs CLIP's vocabulary")
class PublishedLayout(unittest.TestCase):
    """A file as Lightning writes it, by PyTorch's own `save`, exported by the command that a user types."""

    def test_it_is_exported_as_it_is(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(os.environ.get("PARSE3D_TEST_KEEP", name))
            path = folder / "biomedparse_v2.ckpt"
            model = trained(path, tokenizer.Tokenizer(tokenizer.read_merges(DATA / "clip/bpe_simple_vocab_16e6.txt.gz")))
            shutil.copy(DATA / "clip/bpe_simple_vocab_16e6.txt.gz", folder)
            command = [sys.executable, HERE / "export.py", "--checkpoint", path, "--out", folder / "pack", "--weights-licence", "MIT"]
            ran = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
            self.assertEqual(ran.returncode, 0, ran.stderr)
            self.assertNotIn("OFF", ran.stdout)
            self.assertNotIn("\r", ran.stderr)
            pack = json.loads((folder / "pack/pack.json").read_text(encoding="utf-8"))
            self.assertEqual(pack["licence"]["spdx"], "MIT")
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            self.assertEqual(pack["weights"], {"file": path.name, "bytes": path.stat().st_size, "sha256": digest})
            again = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
            self.assertEqual((again.returncode, again.stdout), (1, ""))
            self.assertIn("--overwrite", again.stderr)
            found, _ = net.build("small")
            checkpoint.Checkpoint(path).load_into(found)
            for key, value in model.state_dict().items():
                self.assertTrue(torch.equal(found.state_dict()[key], value), key)

    def test_weights_that_are_not_numbers_are_refused_by_name_and_leave_nothing(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            model, _ = net.build("small")
            key = "backbone.patch_embed.proj.weight"
            state = {f"model.{k}": v for k, v in model.state_dict().items()}
            state[f"model.{key}"] = torch.full_like(state[f"model.{key}"], float("nan"))
            torch.save({"state_dict": state}, folder / "bad.ckpt")
            shutil.copy(DATA / "clip/bpe_simple_vocab_16e6.txt.gz", folder)
            command = [sys.executable, HERE / "export.py", "--checkpoint", folder / "bad.ckpt", "--out", folder / "pack"]
            ran = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
            self.assertEqual(ran.returncode, 1)
            self.assertIn(key, ran.stderr)
            self.assertNotIn("Traceback", ran.stderr)
            self.assertEqual(sorted(file.name for file in folder.iterdir()), ["bad.ckpt", "bpe_simple_vocab_16e6.txt.gz"])


def trained(path, words):
    """A small model after a step of AdamW, in a file of the published layout. Returns the model."""
    network = reference.Described(words, "small")
    random_weights.randomise(network, 1, 512)
    model = network.model
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-6)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=10)
    for name, value in model.named_parameters():
        value.grad = None if name in make_checkpoint.UNUSED else torch.ones_like(value)
    optimizer.step()
    schedule.step()
    state = {f"model.{name}": value for name, value in model.state_dict().items()}
    state |= {name: torch.ones(1) for name in checkpoint.OF_THE_LOSS}
    moments = optimizer.state_dict()
    for values in moments["state"].values():
        values["step"] = float(values["step"])  # As Lightning's versions of that time had it.
    torch.save(
        {
            "epoch": 19,
            "global_step": 98000,
            "pytorch-lightning_version": "2.2.0",
            "state_dict": state,
            "optimizer_states": [moments],
            "lr_schedulers": [schedule.state_dict()],
            "hyper_parameters": make_checkpoint.foreign({"model": "biomedparse_3D"}),
        },
        path,
    )
    return model


if __name__ == "__main__":
    unittest.main()
