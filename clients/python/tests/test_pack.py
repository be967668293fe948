"""Sealing packs; needs no server."""

import hashlib
import json
import tempfile
import unittest
from pathlib import Path

from parse3d import pack

SHEET = {
    "schemaVersion": 1,
    "id": "thing",
    "version": "1.0.0",
    "kind": "label-map",
    "title": "A thing",
    "licence": {"spdx": "MIT"},
    "intendedUse": "Testing.",
    "modalities": ["mr"],
    "model": {"graph": "model.onnx"},
}


class SealTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def write(self, sheet):
        (self.folder / "pack.json").write_text(json.dumps(sheet))

    def problems(self):
        with self.assertRaises(pack.PackError) as caught:
            pack.seal(self.folder)
        return caught.exception.problems

    def test_every_file_is_listed_with_its_checksum(self):
        self.write(SHEET)
        (self.folder / "model.onnx").write_bytes(b"graph")
        (self.folder / "README.md").write_bytes(b"card")
        sealed = pack.seal(self.folder)
        self.assertEqual(list(sealed["files"]), ["README.md", "model.onnx"])
        self.assertEqual(sealed["files"]["model.onnx"], {"sha256": hashlib.sha256(b"graph").hexdigest(), "bytes": 5})
        self.assertEqual(json.loads((self.folder / "pack.json").read_text()), sealed)
        self.assertEqual(pack.seal(self.folder), sealed)

    def test_all_that_is_missing_is_said_at_once_and_nothing_is_written(self):
        sheet = {name: value for name, value in SHEET.items() if name not in ("licence", "title")}
        self.write(sheet)
        (self.folder / "sub").mkdir()
        before = (self.folder / "pack.json").read_text()
        problems = self.problems()
        for expected in ("title is missing", "licence is missing", "sub is not a plain file", "model.graph names model.onnx"):
            self.assertTrue(any(expected in problem for problem in problems), (expected, problems))
        self.assertEqual((self.folder / "pack.json").read_text(), before)

    def test_a_folder_without_a_sheet_or_with_half_of_one_is_said(self):
        self.assertEqual(self.problems(), ["pack.json is missing"])
        (self.folder / "pack.json").write_text('{"id": ')
        self.assertIn("is not JSON", self.problems()[0])
        (self.folder / "pack.json").write_text('{"threshold": NaN}')
        self.assertIn("is not JSON", self.problems()[0])
        self.write({**SHEET, "kind": [], "model": []})
        self.assertIn("model: expected an object", self.problems())


if __name__ == "__main__":
    unittest.main()
