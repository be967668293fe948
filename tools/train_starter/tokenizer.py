"""A small byte-pair tokenizer, written in the same form of tokenizer.json as CLIP's: lower-cased, words end in </w>."""
from __future__ import annotations

import json
import re
from collections import Counter

import numpy as np

START, END = "<|startoftext|>", "<|endoftext|>"
CONTEXT = 77
# CLIP's own pattern, in a form that Python's re knows: letters, single digits, runs of anything else.
PIECES = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d|[^\W\d_]+|\d|(?:[^\s\w]|_)+")
PATTERN_IN_JSON = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"


def byte_letters() -> list[str]:
    """A printable letter for each of the 256 bytes, as byte-level tokenizers write them."""
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    letters = {byte: chr(byte) for byte in shown}
    hidden = [byte for byte in range(256) if byte not in letters]
    letters.update({byte: chr(256 + place) for place, byte in enumerate(hidden)})
    return [letters[byte] for byte in range(256)]


LETTERS = byte_letters()


def split(text: str) -> list[tuple[str, ...]]:
    """Words as tuples of byte letters, the last one marked as the end."""
    found = []
    for word in PIECES.findall(re.sub(r"\s+", " ", text).lower()):
        letters = [LETTERS[byte] for byte in word.encode()]
        found.append((*letters[:-1], letters[-1] + "</w>"))
    return found


class Tokenizer:
    def __init__(self, merges: list[tuple[str, str]]) -> None:
        self.merges = merges
        self.rank = {pair: place for place, pair in enumerate(merges)}
        pieces = [*LETTERS, *(letter + "</w>" for letter in LETTERS), *("".join(pair) for pair in merges), START, END]
        self.vocabulary = {piece: index for index, piece in enumerate(dict.fromkeys(pieces))}
        self.kept: dict[tuple[str, ...], list[int]] = {}

    def word(self, letters: tuple[str, ...], rng: np.random.Generator | None = None, drop: float = 0.0) -> list[int]:
        if not drop and letters in self.kept:
            return self.kept[letters]
        parts = list(letters)
        while len(parts) > 1:
            pairs = [(self.rank.get((a, b), 1 << 30), at) for at, (a, b) in enumerate(zip(parts, parts[1:]))]
            if drop:  # now and then a merge is left out, so that unusual pieces are known too
                pairs = [(rank, at) for rank, at in pairs if rng.random() >= drop] or [(1 << 30, 0)]
            rank, at = min(pairs)
            if rank == 1 << 30:
                break
            parts[at : at + 2] = [parts[at] + parts[at + 1]]
        ids = [self.vocabulary[part] for part in parts]
        if not drop:
            self.kept[letters] = ids
        return ids

    def encode(self, text: str, rng: np.random.Generator | None = None, drop: float = 0.0) -> list[int]:
        ids = [index for letters in split(text) for index in self.word(letters, rng, drop)]
        return [self.vocabulary[START], *ids[: CONTEXT - 2], self.vocabulary[END]]

    def padded(self, texts: list[str], length: int = CONTEXT) -> tuple[np.ndarray, np.ndarray]:
        ids = np.full((len(texts), length), self.vocabulary[END], np.int64)
        mask = np.zeros((len(texts), length), np.int64)
        for row, text in enumerate(texts):
            found = self.encode(text)
            ids[row, : len(found)], mask[row, : len(found)] = found, 1
        return ids, mask

    def to_json(self) -> str:
        def special(content: str) -> dict:
            flags = {name: False for name in ("single_word", "lstrip", "rstrip", "normalized")}
            return {"id": self.vocabulary[content], "content": content, **flags, "special": True}

        byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
        split_words = {"type": "Split", "pattern": {"Regex": PATTERN_IN_JSON}, "behavior": "Removed", "invert": True}
        whitespace = {"type": "Replace", "pattern": {"Regex": "\\s+"}, "content": " "}
        return json.dumps({
            "version": "1.0", "truncation": None, "padding": None, "added_tokens": [special(START), special(END)],
            "normalizer": {"type": "Sequence", "normalizers": [{"type": "NFC"}, whitespace, {"type": "Lowercase"}]},
            "pre_tokenizer": {"type": "Sequence", "pretokenizers": [split_words, byte_level]},
            "post_processor": {
                "type": "RobertaProcessing", "sep": [END, self.vocabulary[END]], "cls": [START, self.vocabulary[START]],
                "trim_offsets": False, "add_prefix_space": False,
            },
            "decoder": {**byte_level, "use_regex": True},
            "model": {
                "type": "BPE", "dropout": None, "unk_token": END, "continuing_subword_prefix": "", "end_of_word_suffix": "</w>",
                "fuse_unk": False, "byte_fallback": False, "vocab": self.vocabulary, "merges": [" ".join(pair) for pair in self.merges],
            },
        }, ensure_ascii=False)


def learn_merges(texts: list[str], count: int) -> list[tuple[str, str]]:
    words = Counter(letters for text in texts for letters in split(text))
    parts = {letters: list(letters) for letters in words}
    merges: list[tuple[str, str]] = []
    while len(merges) < count:
        pairs: Counter = Counter()
        for letters, times in words.items():
            for pair in zip(parts[letters], parts[letters][1:]):
                pairs[pair] += times
        if not pairs or max(pairs.values()) < 3:
            break
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        merges.append(best)
        for row in parts.values():
            for at in range(len(row) - 2, -1, -1):
                if at + 1 < len(row) and (row[at], row[at + 1]) == best:
                    row[at : at + 2] = [row[at] + row[at + 1]]
    return merges
