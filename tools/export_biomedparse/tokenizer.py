"""CLIP's byte-pair tokenizer: as a `tokenizer.json`, and as a small encoder to check it with.

The vocabulary is rebuilt from CLIP's published merge list (`bpe_simple_vocab_16e6.txt.gz`): the
256 byte characters, the same with an end-of-word mark, one entry per merge, two special tokens.
"""

import gzip
import re
import unicodedata

CONTEXT = 77
START, END = "<|startoftext|>", "<|endoftext|>"
END_OF_WORD = "</w>"
VOCABULARY_SIZE = 49408
MERGES = VOCABULARY_SIZE - 2 * 256 - 2

WORDS = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
#: Typographic quotes, written as the straight ones that the model saw in training.
QUOTES = (("[\u2018\u2019\u201a\u201b\u02bc]", "'"), ("[\u201c\u201d\u201e\u201f]", '"'))


def byte_characters():
    """A printable character per byte, in the order in which CLIP numbers them."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    characters = {byte: chr(byte) for byte in printable}
    characters.update({byte: chr(256 + n) for n, byte in enumerate(others)})
    return {byte: characters[byte] for byte in printable + others}


def read_merges(path):
    """The merges that CLIP uses, as pairs, in order of priority. path: the list, compressed by gzip or not."""
    with open(path, "rb") as stream:
        content = stream.read()
    content = gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content
    lines = content.decode("utf-8").split("\n")[1 : 1 + MERGES]
    merges = [tuple(line.split()) for line in lines]
    if len(merges) != MERGES or any(len(pair) != 2 for pair in merges):
        raise SystemExit(f"{path} is not CLIP's list of merges: expected {MERGES} pairs after the first line")
    return merges


def vocabulary(merges):
    """Token to id."""
    characters = list(byte_characters().values())
    tokens = characters + [c + END_OF_WORD for c in characters]
    tokens += ["".join(pair) for pair in merges] + [START, END]
    return {token: number for number, token in enumerate(tokens)}


def tokenizer_json(merges):
    """The tokenizer in the format of Hugging Face's `tokenizers`, as a dictionary.

    Ids come out with the start and end tokens around them; cutting at 77 and padding with the
    end token is the caller's part, since it reports what it cut.
    """
    vocab = vocabulary(merges)

    def special(content):
        return {
            "id": vocab[content],
            "content": content,
            "single_word": False,
            "lstrip": False,
            "rstrip": False,
            "normalized": False,
            "special": True,
        }

    def replace(pattern, content):
        return {"type": "Replace", "pattern": {"Regex": pattern}, "content": content}

    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [special(START), special(END)],
        "normalizer": {
            "type": "Sequence",
            "normalizers": [
                {"type": "NFC"},
                *(replace(pattern, plain) for pattern, plain in QUOTES),
                replace(r"\s+", " "),
                {"type": "Lowercase"},
            ],
        },
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [
                {"type": "Split", "pattern": {"Regex": WORDS}, "behavior": "Removed", "invert": True},
                {**byte_level, "use_regex": False},
            ],
        },
        "post_processor": {
            "type": "RobertaProcessing",
            "sep": [END, vocab[END]],
            "cls": [START, vocab[START]],
            "trim_offsets": False,
            "add_prefix_space": False,
        },
        "decoder": {**byte_level, "use_regex": True},
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": END,
            "continuing_subword_prefix": "",
            "end_of_word_suffix": END_OF_WORD,
            "fuse_unk": False,
            "byte_fallback": False,
            "vocab": vocab,
            "merges": [" ".join(pair) for pair in merges],
        },
    }


def _kind(character):
    """'L' for letters, 'N' for numbers, ' ' for white space, '.' for the rest."""
    if character.isspace():
        return " "
    return {"L": "L", "N": "N"}.get(unicodedata.category(character)[0], ".")


def split_words(text):
    """The pieces that `WORDS` matches; Python's `re` knows no letter or number classes."""
    words, at = [], 0
    while at < len(text):
        contraction = re.match(r"'(?:re|ve|ll|s|t|m|d)", text[at:])
        kind = _kind(text[at])
        if contraction:
            length = len(contraction.group())
        elif kind in " N":
            length = 1
        else:
            length = next((n for n, c in enumerate(text[at:]) if _kind(c) != kind), len(text) - at)
        if kind != " ":
            words.append(text[at : at + length])
        at += length
    return words


class Tokenizer:
    """Texts to ids, without any package: what `tokenizer.json` must agree with."""

    def __init__(self, merges):
        self.vocab = vocabulary(merges)
        self.ranks = {pair: rank for rank, pair in enumerate(merges)}
        self.bytes = byte_characters()

    def ids(self, text):
        """Ids of one text with start and end, cut at 77 as the published code cuts."""
        text = unicodedata.normalize("NFC", text)
        for pattern, plain in QUOTES:
            text = re.sub(pattern, plain, text)
        text = re.sub(r"\s+", " ", text).lower()
        ids = [self.vocab[token] for word in split_words(text) for token in self.merge(word)]
        return [self.vocab[START], *ids[: CONTEXT - 2], self.vocab[END]]

    def merge(self, word):
        """The tokens of one word: the highest-ranked pair is joined until none is left."""
        symbols = [self.bytes[byte] for byte in word.encode("utf-8")]
        symbols[-1] += END_OF_WORD
        while len(symbols) > 1:
            pairs = [self.ranks.get(pair, MERGES) for pair in zip(symbols, symbols[1:])]
            best = min(pairs)
            if best == MERGES:
                break
            left, right = symbols[pairs.index(best)], symbols[pairs.index(best) + 1]
            joined, at = [], 0
            while at < len(symbols):
                found = symbols[at : at + 2] == [left, right]
                joined.append(left + right if found else symbols[at])
                at += 2 if found else 1
            symbols = joined
        return symbols

    def padded(self, texts):
        """(input_ids, attention_mask), each a list of 77 integers per text; padded with the end."""
        rows = [self.ids(text) for text in texts]
        end = self.vocab[END]
        input_ids = [row + [end] * (CONTEXT - len(row)) for row in rows]
        attention = [[1] * len(row) + [0] * (CONTEXT - len(row)) for row in rows]
        return input_ids, attention
