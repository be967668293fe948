"""Tests of where an export puts its pack: `python3 -m unittest test_destination` in this folder."""

import os
import pathlib
import tempfile
import unittest

import destination


class Destination(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.parent = pathlib.Path(self.folder.name)
        self.out = self.parent / "pack"

    def put(self, text):
        self.out.mkdir(exist_ok=True)
        (self.out / "pack.json").write_text(text, encoding="utf-8")

    def export(self, text, overwrite=False, publish=True):
        with destination.Staged(self.out, overwrite) as staged:
            (staged.folder / "pack.json").write_text(text, encoding="utf-8")
            if publish:
                staged.publish()

    def holds(self):
        return (self.out / "pack.json").read_text(encoding="utf-8")

    def test_what_is_published_stands_there_and_nothing_beside_it(self):
        self.export("new")
        self.assertEqual(self.holds(), "new")
        self.assertEqual(os.listdir(self.parent), ["pack"])

    def test_what_is_not_published_leaves_nothing_and_a_pack_that_was_there_whole(self):
        self.export("new", publish=False)
        self.assertEqual(os.listdir(self.parent), [])
        self.put("old")
        for stop in (KeyboardInterrupt, RuntimeError):
            with self.assertRaises(stop):
                with destination.Staged(self.out, True) as staged:
                    (staged.folder / "pack.json").write_text("half", encoding="utf-8")
                    raise stop
        self.assertEqual(self.holds(), "old")
        self.assertEqual(os.listdir(self.parent), ["pack"])

    def test_a_pack_is_replaced_only_when_asked_and_nothing_else_ever(self):
        self.put("old")
        with self.assertRaisesRegex(SystemExit, "--overwrite"):
            self.export("new")
        self.export("new", overwrite=True)
        self.assertEqual(self.holds(), "new")
        (self.out / "pack.json").rename(self.out / "note.txt")
        with self.assertRaisesRegex(SystemExit, "other files"):
            self.export("newer", overwrite=True)
        file = self.parent / "file"
        file.write_text("", encoding="utf-8")
        with self.assertRaisesRegex(SystemExit, "is not a folder"):
            destination.check(file, True)

    def test_what_a_killed_export_left_is_removed_by_the_next(self):
        (self.parent / ".pack.partial-999999999").mkdir()
        self.export("new")
        self.assertEqual(os.listdir(self.parent), ["pack"])


if __name__ == "__main__":
    unittest.main()
