"""Tests of the exporter: `python3 -m unittest -v` in this folder.

    PARSE3D_TEST_DATA         a folder with clip/bpe_simple_vocab_16e6.txt.gz, and beside it
                              golden/clip_tokens.json: for the tokenizer and the export
    PARSE3D_BIOMEDPARSE_REPO  a checkout of BiomedParse v2: to compare with the published code too

What is not given is skipped, and says so. The export also needs onnxruntime: for Python, or for
node (npm install in the repository, or NODE_PACKAGES). Reading weights: test_checkpoint.py and
test_published_layout.py.
"""

import hashlib
import io
import json
import os
import pathlib
import subprocess
import tempfile
import unittest
import warnings
from contextlib import redirect_stderr, redirect_stdout

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

import configuration
import export
import noise
import parity
import phantom
import precision
import random_weights
import reference
import tokenizer
import vocabulary
import winograd

HERE = pathlib.Path(__file__).parent
DATA = pathlib.Path(os.environ["PARSE3D_TEST_DATA"]) if "PARSE3D_TEST_DATA" in os.environ else None
REPO = os.environ.get("PARSE3D_BIOMEDPARSE_REPO")


class Noise(unittest.TestCase):
    def test_philox_gives_the_words_that_its_authors_published(self):
        for counter, key, expected in (
            ((0,) * 4, (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
            ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
            (
                (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
                (0xA4093822, 0x299F31D0),
                (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
            ),
        ):
            words = noise.philox4x32([np.array([word]) for word in counter], key)[:, 0]
            self.assertEqual(tuple(map(int, words)), expected)

    def test_a_layer_starts_and_ends_with_the_golden_values(self):
        for seed, layer, shape, first, last in (
            (2024, 0, (8, 16, 256), [10128235, 4505744, 16518825, 1402508, 5809684, 7313092], 4055051),
            (2024, 8, (8, 16, 4096), [4540274, 11620047, 11068012, 2116569, 15939307, 10582494], 649412),
            (2**53 - 1, 3, (2, 3, 5), [6944104, 2012222, 15151402, 7509327, 16355077, 6074928], 15786595),
        ):
            drawn = noise.layer_noise(seed, layer, shape).reshape(-1)
            self.assertEqual(drawn.dtype, np.float32)
            self.assertEqual([int(value * 2**24) for value in drawn[:6]], first)
            self.assertEqual(int(drawn[-1] * 2**24), last)

    def test_it_is_uniform_and_below_one(self):
        drawn = noise.layer_noise(7, 2, (8, 16, 4096))
        self.assertGreaterEqual(drawn.min(), 0)
        self.assertLess(drawn.max(), 1)
        counts = np.histogram(drawn, bins=64, range=(0, 1))[0]
        self.assertLess(np.abs(counts / counts.mean() - 1).max(), 0.06)


class Configuration(unittest.TestCase):
    def test_the_yaml_subset_is_read(self):
        text = "# note\na: 1\nb:\n  - 512 \n  - x # tail\nc:\n  d: [1, 2.5]\n  e: False\n  f: 'q: r'\ng:\n"
        self.assertEqual(
            configuration.parse_yaml(text),
            {"a": 1, "b": [512, "x"], "c": {"d": [1, 2.5], "e": False, "f": "q: r"}, "g": None},
        )

    def test_a_files_own_keys_win_over_its_groups_with_and_without_self(self):
        for own in ("  - _self_\n", ""):
            with tempfile.TemporaryDirectory() as folder:
                group = pathlib.Path(folder) / "part"
                group.mkdir()
                (group / "plain.yaml").write_text("size: 1\nkind: a\n")
                file = pathlib.Path(folder) / "model.yaml"
                file.write_text(f"defaults:\n  - part: plain\n{own}name: x\npart:\n  size: 2\n")
                self.assertEqual(configuration.compose(file), {"name": "x", "part": {"size": 2, "kind": "a"}})

    def test_a_change_of_a_name_that_is_not_there_is_refused(self):
        with self.assertRaisesRegex(KeyError, "depth"):
            configuration.merge({"width": 1}, {"depth": 2})


class Precision(unittest.TestCase):
    def test_products_become_half_and_the_graph_keeps_its_types(self):
        weight = numpy_helper.from_array(np.eye(4, dtype=np.float32) / 3, "w")
        value = lambda name: helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, 4])
        graph = helper.make_graph(
            [helper.make_node("MatMul", ["x", "w"], ["m"]), helper.make_node("Add", ["m", "x"], ["y"])],
            "g", [value("x")], [value("y")], [weight],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
        precision.to_half(model)
        onnx.checker.check_model(model, full_check=True)
        self.assertEqual([n.op_type for n in model.graph.node], ["Cast", "MatMul", "Cast", "Add"])
        self.assertEqual([w.data_type for w in model.graph.initializer], [TensorProto.FLOAT16])


class FastConvolution(unittest.TestCase):
    def test_it_equals_the_plain_one_at_every_border(self):
        torch.manual_seed(0)
        x, weight, bias = torch.rand(2, 5, 12, 8), torch.randn(7, 5, 3, 3), torch.randn(7)
        plain = torch.nn.functional.conv2d(x, weight, bias, padding=1)
        fast = winograd.Winograd(weight, bias)(x)
        self.assertLess(float((fast - plain).abs().max() / plain.abs().max()), 1e-5)


@unittest.skipUnless(DATA, "PARSE3D_TEST_DATA is not set: the tokenizer needs CLIP's vocabulary")
class ClipTokenizer(unittest.TestCase):
    def setUp(self):
        self.merges = tokenizer.read_merges(DATA / "clip/bpe_simple_vocab_16e6.txt.gz")
        self.golden = json.loads((DATA.parent / "golden/clip_tokens.json").read_text(encoding="utf-8"))

    def test_ids_equal_the_published_tokenizers(self):
        words = tokenizer.Tokenizer(self.merges)
        for case in self.golden:
            self.assertEqual(words.ids(case["text"]), case["ids"], case["text"])

    def test_curly_quotes_count_as_straight_ones(self):
        words = tokenizer.Tokenizer(self.merges)
        self.assertEqual(words.ids("Alzheimer\u2019s \u201cplaque\u201d"), words.ids("Alzheimer's \"plaque\""))

    def test_the_javascript_tokenizer_reads_the_file_and_agrees(self):
        with tempfile.TemporaryDirectory() as folder:
            file, texts = pathlib.Path(folder) / "tokenizer.json", pathlib.Path(folder) / "texts.json"
            file.write_text(json.dumps(tokenizer.tokenizer_json(self.merges)), encoding="utf-8")
            texts.write_text(json.dumps([case["text"] for case in self.golden]), encoding="utf-8")
            ran = subprocess.run(
                ["node", HERE / "check_tokenizer.mjs", file, texts], capture_output=True, text=True, check=False
            )
        if "Cannot find module" in ran.stderr:
            self.skipTest("npm's @huggingface/tokenizers is not installed")
        self.assertEqual(ran.returncode, 0, ran.stderr)
        for case, ids in zip(self.golden, json.loads(ran.stdout)):
            if len(ids) > tokenizer.CONTEXT:
                ids = [*ids[: tokenizer.CONTEXT - 1], ids[-1]]
            self.assertEqual(ids, case["ids"], case["text"])


@unittest.skipUnless(REPO and DATA, "PARSE3D_BIOMEDPARSE_REPO or PARSE3D_TEST_DATA is not set: nothing to compare with")
class Description(unittest.TestCase):
    def test_it_has_the_published_names_and_shapes_and_gives_what_the_published_code_gives(self):
        words = tokenizer.Tokenizer(tokenizer.read_merges(DATA / "clip/bpe_simple_vocab_16e6.txt.gz"))
        published = reference.Published(pathlib.Path(REPO), words, "small")
        described = reference.Described(words, "small")
        shapes = [{name: value.shape for name, value in n.model.state_dict().items()} for n in (published, described)]
        self.assertEqual(*shapes)
        random_weights.randomise(published, 3, 128)
        described.model.load_state_dict(published.model.state_dict())
        slices = phantom.slices(3, 128)
        found = [network.predict(slices, export.GOLDEN_PROMPTS, 5) for network in (described, published)]
        for ours, theirs in zip(*found):
            self.assertEqual(ours.shape, theirs.shape)
            self.assertLess(np.abs(parity.sigmoid(ours) - parity.sigmoid(theirs)).max(), 1e-4)


@unittest.skipUnless(DATA, "PARSE3D_TEST_DATA is not set: the export needs CLIP's vocabulary")
class Export(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.out = pathlib.Path(cls.folder.name) / "small"
        cls.arguments = [
            "--out", str(cls.out), "--random-weights", "--width", "small",
            "--bpe", str(DATA / "clip/bpe_simple_vocab_16e6.txt.gz"), "--image-size", "128",
            *(["--repo", REPO] if REPO else []),
        ]  # fmt: skip
        cls.status, cls.printed = cls.run_export(cls.arguments)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @staticmethod
    def run_export(arguments):
        printed = io.StringIO()
        with warnings.catch_warnings(), redirect_stdout(printed), redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            return export.main(arguments), printed.getvalue()

    def test_every_row_of_the_parity_table_holds(self):
        self.assertEqual(self.status, 0, self.printed)
        self.assertNotIn("OFF", self.printed)

    def test_the_pack_lists_every_file_with_its_checksum(self):
        pack = json.loads((self.out / "pack.json").read_text(encoding="utf-8"))
        self.assertEqual({*pack["files"], "pack.json"}, {path.name for path in self.out.iterdir()})
        for name, entry in pack["files"].items():
            content = (self.out / name).read_bytes()
            self.assertEqual(entry, {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)})
        self.assertTrue(pack["demonstration"])
        self.assertNotIn("targets", pack)
        self.assertEqual(pack["model"]["edgeOutput"], "edge_logits")
        for paper in ("10.1038/s41592-024-02499-w", "CVPR 2025"):
            self.assertIn(paper, pack["citation"])

    def test_half_precision_keeps_within_its_limits(self):
        arguments = [part if part != str(self.out) else str(self.out) + "-half" for part in self.arguments]
        status, printed = self.run_export([*arguments, "--precision", "fp16"])
        self.assertEqual(status, 0, printed)

    def test_graphs_that_see_other_noise_are_off(self):
        args = export.parse(self.arguments)
        words = tokenizer.Tokenizer(tokenizer.read_merges(vocabulary.find(args.bpe)))
        network, _ = export.build_network(args, words)
        slices = np.load(self.out / "golden.npz")["slices"]
        case = parity.golden_case(network, slices, export.GOLDEN_PROMPTS, export.GOLDEN_SEED, words)
        case["seed"] = case["seed"] + 1
        rows = parity.compare(self.out, network, case, 2, "fp32")
        self.assertTrue(any(not row.holds for row in rows if row.graph == "decoder"))


if __name__ == "__main__":
    unittest.main()
