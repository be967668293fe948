"""Tests of reading weights: `python3 -m unittest -v test_checkpoint` in this folder."""

import hashlib
import io
import json
import os
import pathlib
import pickle
import struct
import tempfile
import unittest
import zipfile
from contextlib import redirect_stderr

import torch

import checkpoint
import licence
import make_checkpoint
import vocabulary
from stored import Refused


class Model(torch.nn.Module):
    """Three tensors: a matrix, a vector and a buffer."""

    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(3, 4)
        self.register_buffer("mean", torch.zeros(2))


class Hostile:
    """Runs a command when it is unpickled."""

    def __init__(self, file):
        self.file = file

    def __reduce__(self):
        return os.system, (f"touch {self.file}",)


class InAFolder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.model = Model()
        self.state = {name: torch.rand_like(value) for name, value in self.model.state_dict().items()}

    def save(self, value, name="some.ckpt", **options):
        torch.save(value, self.folder / name, **options)
        return self.folder / name

    def write(self, content, name="some.ckpt"):
        (self.folder / name).write_bytes(content)
        return self.folder / name

    def load(self, path, allowed=()):
        found = checkpoint.Checkpoint(path)
        found.load_into(self.model, allowed)
        return found

    def refusal(self, path, allowed=()):
        with self.assertRaises(Refused) as stop:
            self.load(path, allowed)
        return str(stop.exception)

    def assert_loaded(self):
        for name, value in self.model.state_dict().items():
            self.assertTrue(torch.equal(value, self.state[name].float()), name)


class Forms(InAFolder):
    def test_a_lightning_checkpoint_loads_and_its_whole_file_is_hashed(self):
        loss = {name: torch.ones(1) for name in checkpoint.OF_THE_LOSS}
        state = {**{f"model.{name}": value for name, value in self.state.items()}, **loss}
        path = self.save({"epoch": 3, "state_dict": state, "hyper_parameters": {"lr": 0.1}})
        found = self.load(path)
        self.assert_loaded()
        self.assertEqual(found.set_aside, list(checkpoint.OF_THE_LOSS))
        content = path.read_bytes()
        self.assertEqual(
            found.provenance(),
            {"file": "some.ckpt", "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()},
        )

    def test_a_bare_state_dict_loads_with_views_shared_storages_and_half_precision(self):
        wide = torch.rand(3, 8)
        self.state["linear.weight"] = wide.t()[:4]
        self.state["linear.bias"] = torch.rand(4).to(torch.bfloat16)
        self.state["mean"] = wide.flatten()[5:7].half()
        self.load(self.save(self.state, "some.pt"))
        self.assert_loaded()
        self.state["mean"] = wide.flatten()[5:7]
        self.load(self.save(self.state))
        self.assert_loaded()

    def test_a_file_without_checksums_loads(self):
        if not hasattr(torch.serialization, "set_crc32_options"):
            self.skipTest("this PyTorch always writes checksums")
        torch.serialization.set_crc32_options(False)
        self.addCleanup(torch.serialization.set_crc32_options, True)
        self.load(self.save(self.state))
        self.assert_loaded()

    def test_a_saved_parameter_is_a_tensor(self):
        self.state = {name: torch.nn.Parameter(value) for name, value in self.state.items()}
        self.load(self.save(self.state))
        self.assert_loaded()

    def test_safetensors_load_without_the_package(self):
        path = self.write(safetensors(self.state), "some.safetensors")
        self.assertEqual(self.load(path).form, "safetensors")
        self.assert_loaded()
        path = self.write(safetensors(self.state)[:-8], "short.safetensors")
        self.assertIn("the download was cut off", self.refusal(path))

    def test_a_folder_is_searched_for_the_one_file_in_it(self):
        artifacts = self.folder / "mlflow/artifacts/checkpoints"
        artifacts.mkdir(parents=True)
        (self.folder / "mlflow/MLmodel").write_text("flavors: {}\n")
        self.assertIn("holds no file of weights", self.refusal(self.folder / "mlflow"))
        torch.save(self.state, artifacts / "one.ckpt")
        self.assertEqual(self.load(self.folder / "mlflow").path, artifacts / "one.ckpt")
        torch.save(self.state, artifacts / "two.ckpt")
        message = self.refusal(self.folder / "mlflow")
        self.assertIn("artifacts/checkpoints/one.ckpt, artifacts/checkpoints/two.ckpt", message)


class Strictness(InAFolder):
    def test_every_missing_unexpected_and_reshaped_entry_is_named(self):
        del self.state["linear.bias"]
        self.state["linear.weight"] = torch.zeros(4, 5)
        self.state["mean"] = torch.zeros(2, dtype=torch.int64)
        self.state["extra.gain"] = torch.zeros(1)
        message = self.refusal(self.save({"state_dict": self.state}))
        for part in ("linear.bias", "extra.gain", "linear.weight: file (4, 5), model (4, 3)", "mean: int64"):
            self.assertIn(part, message)

    def test_only_the_two_weights_of_the_loss_are_left_aside_unasked(self):
        self.state["loss_function.other"] = torch.zeros(1)
        path = self.save(self.state)
        self.assertIn("loss_function.other", self.refusal(path))
        self.load(path, ["loss_function."])
        self.assert_loaded()

    def test_a_name_with_and_without_its_prefix_is_refused(self):
        self.state["model.mean"] = torch.zeros(2)
        self.assertIn("holds mean twice", self.refusal(self.save(self.state)))


class Safety(InAFolder):
    def test_code_beside_the_weights_is_not_run(self):
        mark = self.folder / "ran"
        self.load(self.save({"state_dict": self.state, "callbacks": {"x": Hostile(mark)}}))
        self.assert_loaded()
        self.assertFalse(mark.exists())

    def test_code_within_the_weights_is_refused_by_name_and_not_run(self):
        mark = self.folder / "ran"
        message = self.refusal(self.save({"state_dict": {**self.state, "model.extra": Hostile(mark)}}))
        self.assertIn(f"{os.system.__module__}.system", message)
        self.assertFalse(mark.exists())

    def test_a_whole_pickled_model_is_refused_by_name(self):
        self.assertIn("torch.nn.modules.linear.Linear", self.refusal(self.save(torch.nn.Linear(2, 2))))

    def test_a_pickle_cannot_change_its_reader(self):
        path = self.save(self.state)
        attack = b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\nN}X\x04\x00\x00\x00makeK\x01s\x86b."
        self.assertIn("tries to change its reader", self.refusal(with_entry(path, "data.pkl", attack)))

    def test_damage_in_the_weights_is_found_and_damage_in_the_optimizer_does_not_matter(self):
        moments = {0: {"step": 3.0, "exp_avg": torch.rand(5, 5)}}
        path = self.save({"state_dict": self.state, "optimizer_states": [{"state": moments}]})
        content, marks = path.read_bytes(), {}
        for name, value in (("weights", self.state["linear.weight"]), ("optimizer", moments[0]["exp_avg"])):
            marks[name] = content.index(value.numpy().tobytes())
        broken = bytearray(content)
        broken[marks["optimizer"]] ^= 1
        self.load(self.write(bytes(broken)))
        self.assert_loaded()
        broken[marks["weights"]] ^= 1
        message = self.refusal(self.write(bytes(broken)))
        self.assertIn("the values of linear.weight do not have the checksum", message)


class Mistakes(InAFolder):
    def test_a_cut_download_is_called_one_wherever_it_was_cut(self):
        content = self.save({"state_dict": self.state}).read_bytes()
        for length in (len(content) // 10, len(content) // 2, len(content) - 1):
            message = self.refusal(self.write(content[:length]))
            self.assertIn(f"{length:,} bytes", message)
            self.assertIn("the download was cut off; fetch it again", message)

    def test_what_is_no_file_of_weights_is_called_by_its_name(self):
        legacy = self.save(self.state, "old.pt", _use_new_zipfile_serialization=False).read_bytes()
        for content, part in (
            (b"", "is empty"),
            (b"<!DOCTYPE html><html>Sign in</html>", "is a web page"),
            (b"\n  <html>", "is a web page"),
            (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 4460902829\n", "is a Git LFS pointer"),
            (b'{"error": "Access to model is restricted"}', "is a text in JSON"),
            (legacy, "before 1.6"),
            (pickle.dumps({"a": 1}), "is a pickle and not a file of PyTorch"),
            (b"\x1f\x8b\x08\x00abc", "gzip"),
            (b"RIFFxxxxWAVE", "is not a file of weights that this exporter reads"),
        ):
            message = self.refusal(self.write(content))
            self.assertIn(part, message)
            self.assertEqual(len(message.splitlines()), 1)

    def test_other_zips_are_told_apart(self):
        with zipfile.ZipFile(self.folder / "some.ckpt", "w") as archive:
            archive.writestr("word/document.xml", "x")
        self.assertIn("is a zip, but not of PyTorch", self.refusal(self.folder / "some.ckpt"))
        packed = self.save(self.state)
        with zipfile.ZipFile(packed) as archive, zipfile.ZipFile(self.folder / "again.ckpt", "w", zipfile.ZIP_DEFLATED) as other:
            for entry in archive.infolist():
                other.writestr(entry.filename, archive.read(entry))
        self.assertIn("was zipped a second time", self.refusal(self.folder / "again.ckpt"))

    def test_a_file_without_weights_says_what_it_holds(self):
        self.assertIn("only: epoch, config", self.refusal(self.save({"epoch": 3, "config": {"a": 1}})))
        self.assertIn("does not exist", self.refusal(self.folder / "nothing.ckpt"))


class Made(InAFolder):
    def test_the_script_writes_what_pytorch_reads_and_what_this_reader_reads(self):
        path = self.folder / "made.ckpt"
        source = Model()
        make_checkpoint.write(path, source)
        self.state = source.state_dict()
        self.load(path)
        self.assert_loaded()
        options = {"weights_only": False} if torch.__version__ >= "2" else {}
        value = torch.load(path, **options)
        self.assertTrue(torch.equal(value["state_dict"]["model.linear.weight"], source.linear.weight))
        self.assertEqual(value["optimizer_states"][0]["state"][0]["exp_avg"].shape, (4, 3))
        with zipfile.ZipFile(path) as archive:
            self.assertIsNone(archive.testzip())


class Licence(unittest.TestCase):
    def test_none_is_asserted(self):
        said = io.StringIO()
        with redirect_stderr(said):
            self.assertEqual(licence.of_weights(""), "NOASSERTION")
        for statement in ("code says MIT", "Azure catalogue says MIT", "CC-BY-NC-SA-4.0", "NOASSERTION"):
            self.assertIn(statement, said.getvalue())
        with self.assertRaisesRegex(SystemExit, "is not an SPDX identifier"):
            licence.of_weights("do what you want")

    def test_the_pack_says_what_was_stated(self):
        self.assertEqual(licence.entry("NOASSERTION"), {"spdx": "NOASSERTION"})
        self.assertEqual(licence.entry("MIT"), {"spdx": "MIT", "url": "https://spdx.org/licenses/MIT.html"})


class Vocabulary(InAFolder):
    def test_it_is_found_beside_the_weights_and_else_the_message_says_where_to_get_it(self):
        path = self.save(self.state)
        (self.folder / "bpe_simple_vocab_16e6.txt.gz").write_bytes(b"")
        for given in (path, self.folder):
            self.assertEqual(vocabulary.find(None, given), self.folder / "bpe_simple_vocab_16e6.txt.gz")
        with self.assertRaisesRegex(SystemExit, "nothing.gz does not exist"):
            vocabulary.find(self.folder / "nothing.gz")


def safetensors(state):
    """The bytes of a .safetensors file."""
    header, values = {"__metadata__": {"format": "pt"}}, b""
    for name, value in state.items():
        content = value.numpy().tobytes()
        header[name] = {"dtype": "F32", "shape": list(value.shape), "data_offsets": [len(values), len(values) + len(content)]}
        values += content
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + values


def with_entry(path, name, content):
    """A copy of a PyTorch file in which one entry has another content."""
    changed = path.with_name("changed.ckpt")
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(changed, "w") as other:
        for entry in archive.infolist():
            other.writestr(entry.filename, content if entry.filename.endswith(f"/{name}") else archive.read(entry))
    return changed


if __name__ == "__main__":
    unittest.main()
