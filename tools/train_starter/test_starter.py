"""python3 -m unittest test_starter: the pieces that need neither data nor training."""
from __future__ import annotations

import json
import unittest
from pathlib import Path

import numpy as np
import torch

from classes import CLASSES, MIRROR, SIDED_TARGETS, kept_parts, targets
from contrast import draw_paint
from heads import COMPACT, NUMBERS, TO_CLASS, Head
from infer import SIZE, pad_crop, undo_pad_crop
from model import SliceNet, coordinates
from prompts import SYNONYMS, draw_text
from synth import HEIGHT, WIDTH, draw_slices
from text import NAMES, TextNet
from tokenizer import CONTEXT, Tokenizer, learn_merges, split
from train import learning_rate, loss_of


def block_head() -> Head:
    """Left and right white matter as two blocks side by side in a box of skin."""
    labels = np.zeros((120, 160, 140), np.uint8)
    labels[20:100, 20:140, 15:125] = COMPACT[511]
    labels[30:90, 30:130, 25:70] = COMPACT[41]
    labels[30:90, 30:130, 70:115] = COMPACT[2]
    weight = np.ones(120) / 120
    return Head("blocks", labels, np.array([60, 80, 70], np.float32), np.arange(120) - 60.0, weight, weight)


class Classes(unittest.TestCase):
    def test_every_class_is_mirrored_back_by_mirroring_twice(self) -> None:
        self.assertEqual(list(MIRROR[MIRROR]), list(range(len(CLASSES))))

    def test_both_sides_are_the_union_of_left_and_right(self) -> None:
        found = targets()
        for name in SIDED_TARGETS:
            np.testing.assert_array_equal(found[name, None], found[name, "left"] + found[name, "right"])

    def test_the_pack_says_of_each_target_how_many_parts_it_has(self) -> None:
        pack = json.loads((Path(__file__).parent / "../../packs/starter-brain-mr/pack.json").read_text())
        said = {
            (t["name"], t.get("side")): {key: t[key] for key in ("keepLargest", "removeBelowMl") if key in t}
            for t in pack["targets"]
        }
        self.assertEqual(said, {target: kept_parts(*target) for target in targets()})
        self.assertEqual(said[("cerebellum", None)], {"keepLargest": 1})

    def test_the_brain_leaves_air_head_tissue_and_outer_fluid_out(self) -> None:
        left_out = {CLASSES[n] for n in np.nonzero(targets()["brain", None] == 0)[0]}
        self.assertEqual(left_out, {"background", "outer cerebrospinal fluid"})

    def test_head_tissue_is_background(self) -> None:
        self.assertTrue(all(TO_CLASS[COMPACT[number]] == 0 for number in NUMBERS if number > 500))


class Synthesis(unittest.TestCase):
    def test_the_same_seed_draws_the_same_slices(self) -> None:
        first, second = (draw_slices(block_head(), 2, np.random.default_rng(3)) for _ in range(2))
        for a, b in zip(first, second):
            self.assertTrue(torch.equal(a, b))

    def test_left_stays_at_the_higher_columns_of_an_lps_slice(self) -> None:
        left, right = CLASSES.index("left cerebral white matter"), CLASSES.index("right cerebral white matter")
        for seed in range(12):
            image, classes, _ = draw_slices(block_head(), 2, np.random.default_rng(seed))
            self.assertEqual(tuple(image.shape), (2, 3, HEIGHT, WIDTH))
            columns = torch.arange(WIDTH).expand(classes.shape)
            if (classes == left).sum() > 50 and (classes == right).sum() > 50:
                self.assertGreater(columns[classes == left].float().mean(), columns[classes == right].float().mean())

    def test_paint_has_an_intensity_for_every_label_twice(self) -> None:
        self.assertEqual(len(draw_paint(np.random.default_rng(0)).mean), 2 * len(NUMBERS))


class Net(unittest.TestCase):
    def test_the_net_keeps_the_size_and_its_loss_falls_with_the_right_answer(self) -> None:
        logits = SliceNet().eval()(torch.zeros(1, 3, 32, 48), coordinates(torch.zeros(1, 2), (32, 48), 1.5))
        self.assertEqual(tuple(logits.shape), (1, len(CLASSES), 32, 48))
        truth = torch.randint(0, len(CLASSES), (1, 32, 48))
        right = torch.nn.functional.one_hot(truth, len(CLASSES)).permute(0, 3, 1, 2) * 20.0
        self.assertLess(float(loss_of(right, truth)), float(loss_of(-right, truth)))

    def test_the_learning_rate_rises_then_falls_to_almost_nothing(self) -> None:
        self.assertLess(learning_rate(1.0, 0, 0.0), 0.01)
        self.assertAlmostEqual(learning_rate(1.0, 1000, 0.0), 1.0)
        self.assertLess(learning_rate(1.0, 9000, 1.0), 0.01)

    def test_padding_and_cropping_is_undone(self) -> None:
        for height, width in ((171, 160), (200, 31), (SIZE, SIZE + 1)):
            slices = torch.rand(2, height, width)
            again = undo_pad_crop(pad_crop(slices), height, width)
            seen = again != 0
            self.assertEqual(tuple(again.shape), (2, height, width))
            self.assertTrue(torch.equal(again[seen], slices[seen]))


class Texts(unittest.TestCase):
    def setUp(self) -> None:
        self.tokenizer = Tokenizer(learn_merges(["left hippocampus", "left thalamus", "left putamen"] * 5, 40))

    def test_words_are_lower_cased_and_split_at_marks_and_digits(self) -> None:
        joined = ["".join(letters) for letters in split("Left-Hippocampus T1")]
        self.assertEqual(joined, ["left</w>", "-</w>", "hippocampus</w>", "t</w>", "1</w>"])

    def test_any_text_has_tokens_between_start_and_end_and_fits(self) -> None:
        for text in ("", "海馬 left", "word " * 200):
            ids, mask = self.tokenizer.padded([text])
            self.assertEqual(ids.shape, (1, CONTEXT))
            self.assertLess(ids.max(), len(self.tokenizer.vocabulary))
            self.assertGreaterEqual(mask.sum(), 2)

    def test_the_vocabulary_of_the_file_is_the_tokenizer_s_own(self) -> None:
        model = json.loads(self.tokenizer.to_json())["model"]
        self.assertEqual(model["vocab"], self.tokenizer.vocabulary)
        self.assertEqual(len(model["merges"]), len(self.tokenizer.merges))

    def test_padding_does_not_change_what_a_text_means(self) -> None:
        net = TextNet(len(self.tokenizer.vocabulary)).eval()
        ids, mask = map(torch.from_numpy, self.tokenizer.padded(["left hippocampus"]))
        length = int(mask.sum())
        with torch.no_grad():
            long, short = net(ids, mask), net(ids[:, :length], mask[:, :length])
        self.assertTrue(torch.allclose(long.sum(1), short.sum(1), atol=1e-5))
        self.assertEqual(float(long[:, 1:].abs().max()), 0.0)

    def test_drawn_texts_name_known_targets_and_cases_do_too(self) -> None:
        rng = np.random.default_rng(2)
        drawn = [draw_text(rng, ["paper"])[0] for _ in range(500)]
        cases = json.loads((Path(__file__).parent / "text_cases.json").read_text())
        self.assertLessEqual({*drawn, *(name for _, name, _ in cases)}, {*SYNONYMS, ""})
        self.assertEqual(set(NAMES), {*SYNONYMS, ""})


if __name__ == "__main__":
    unittest.main()
