"""The text encoder: a prompt to class weights, learnt on the texts of prompts.py. Minutes on one core.

    python3 text.py --out DIR [--steps 4000] [--words ../../../shared/data/clip/bpe_simple_vocab_16e6.txt.gz]
"""
from __future__ import annotations

import argparse
import gzip
import json
import math
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from classes import CLASSES, MIDLINE_TARGETS, SIDED_TARGETS, targets
from prompts import SYNONYMS, draw_text
from tokenizer import CONTEXT, Tokenizer, learn_merges
from train import save

NAMES = [*SIDED_TARGETS, *MIDLINE_TARGETS, ""]  # the last one: names nothing that the model can find
SIDES = ["left", "right", None]
DEPTH = 96
BATCH = 128
PIECE_DROP = 0.06


class Block(nn.Module):
    """Self-attention over the words, without any notion of their order."""

    def __init__(self, depth: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.before, self.between = nn.LayerNorm(depth), nn.LayerNorm(depth)
        self.mix, self.out = nn.Linear(depth, 3 * depth), nn.Linear(depth, depth)
        self.wide, self.narrow = nn.Linear(depth, 2 * depth), nn.Linear(2 * depth, depth)

    def forward(self, x: torch.Tensor, blocked: torch.Tensor) -> torch.Tensor:
        length, depth = x.shape[1], x.shape[2]
        q, k, v = (
            part.reshape(-1, length, self.heads, depth // self.heads).transpose(1, 2)
            for part in self.mix(self.before(x)).split(depth, -1)
        )
        score = q @ k.transpose(2, 3) / math.sqrt(depth // self.heads) + blocked[:, None, None, :]
        seen = (score.softmax(-1) @ v).transpose(1, 2).reshape(-1, length, depth)
        x = x + self.out(seen)
        return x + self.narrow(F.relu(self.wide(self.between(x))))


class TextNet(nn.Module):
    """input_ids, attention_mask int64[P, T] to tokens float32[P, T, classes].

    The first position carries the weight of every class in the union that the prompt asks for, the others are zero:
    whatever padding an engine adds or takes away, the sum over the positions stays the same.
    """

    def __init__(self, vocabulary: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, DEPTH)
        self.near = nn.Conv1d(DEPTH, DEPTH, 3, padding=1)  # all that is known of word order
        self.blocks = nn.ModuleList(Block(DEPTH, 4) for _ in range(2))
        self.last = nn.LayerNorm(DEPTH)
        self.hidden = nn.Linear(2 * DEPTH, 2 * DEPTH)
        self.name, self.side = nn.Linear(2 * DEPTH, len(NAMES)), nn.Linear(2 * DEPTH, len(SIDES))
        self.register_buffer("union", torch.from_numpy(union_table()))

    def answers(self, ids: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        there = mask.to(torch.float32)
        blocked = (there - 1) * 1e4
        x = self.embedding(ids) * there[..., None]
        x = x + self.near(x.transpose(1, 2)).transpose(1, 2)
        for block in self.blocks:
            x = block(x, blocked)
        x = self.last(x)
        mean = (x * there[..., None]).sum(1) / there.sum(1, keepdim=True)
        most = (x + blocked[..., None]).max(1).values
        hidden = F.relu(self.hidden(torch.cat([mean, most], -1)))
        return self.name(hidden), self.side(hidden)

    def weights(self, name: torch.Tensor, side: torch.Tensor) -> torch.Tensor:
        """[P, classes], in [0, 1]; all 0 where the text more likely names nothing."""
        p_name, p_side = name.softmax(-1), side.softmax(-1)
        known = torch.sigmoid(40 * (0.5 - p_name[:, -1:]))
        mixed = (p_name[:, :, None, None] * p_side[:, None, :, None] * self.union[None]).sum((1, 2))
        return mixed / (1 - p_name[:, -1:]).clamp(1e-3) * known

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        weights = self.weights(*self.answers(ids, mask))
        rest = mask[:, 1:, None].to(weights.dtype) * 0.0 * weights[:, None, :]
        return torch.cat([weights[:, None, :], rest], 1)


def union_table() -> np.ndarray:
    """[names, sides, classes]: which classes a named target with a side is made of."""
    table = np.zeros((len(NAMES), len(SIDES), len(CLASSES)), np.float32)
    for (name, side), weights in targets().items():
        if name in MIDLINE_TARGETS:
            table[NAMES.index(name), :] = weights
        else:
            table[NAMES.index(name), SIDES.index(side)] = weights
    return table


def ordinary_words(path: Path | None) -> list[str]:
    """Words that name no target, from CLIP's merge list; a short list of our own without it."""
    used = {word for names in SYNONYMS.values() for name in names for word in name.replace("-", " ").split()}
    used |= {word + "s" for word in used} | {"left", "right", "both", "bilateral", "lh", "rh"}
    if path is None:
        return ["paper", "green", "window", "seven", "engine", "music", "summer", "quick", "garden", "letter"]
    with gzip.open(path, "rt", encoding="utf-8") as file:
        joined = [line.strip().replace(" ", "") for line in file.read().split("\n")[1:48895]]
    words = [piece[:-4] for piece in joined if piece.endswith("</w>") and piece[:-4].isascii() and piece[:-4].isalpha()]
    return [word for word in words if 3 <= len(word) <= 14 and word not in used]


def batch_of(tokenizer: Tokenizer, words: list[str], rng: np.random.Generator):
    drawn = [draw_text(rng, words) for _ in range(BATCH)]
    rows = [tokenizer.encode(text, rng, PIECE_DROP if rng.random() < 0.4 else 0.0) for _, _, text in drawn]
    length = max(map(len, rows))
    ids, mask = torch.zeros(BATCH, length, dtype=torch.long), torch.zeros(BATCH, length, dtype=torch.long)
    for n, row in enumerate(rows):
        ids[n, : len(row)], mask[n, : len(row)] = torch.tensor(row), 1
    names = torch.tensor([NAMES.index(name) for name, _, _ in drawn])
    sides = torch.tensor([SIDES.index(side) if name in SIDED_TARGETS else -100 for name, side, _ in drawn])
    return ids, mask, names, sides


def train(args: argparse.Namespace) -> tuple[TextNet, Tokenizer]:
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    rng = np.random.default_rng(args.seed)
    words = ordinary_words(args.words)
    tokenizer = Tokenizer(learn_merges([draw_text(rng, words[:400])[2] for _ in range(6000)], 1400))
    net = TextNet(len(tokenizer.vocabulary))
    optimiser = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 2e-3, total_steps=args.steps, pct_start=0.1)
    right = seen = 0
    for step in range(args.steps):
        ids, mask, names, sides = batch_of(tokenizer, words, rng)
        name, side = net.answers(ids, mask)
        loss = F.cross_entropy(name, names, label_smoothing=0.02) + F.cross_entropy(side, sides, label_smoothing=0.02)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        right += int((name.argmax(1) == names).sum())
        seen += BATCH
        if step % 200 == 199:
            print(f"step {step + 1} loss {float(loss.detach()):.3f} names right {right / seen:.4f}", flush=True)
            right = seen = 0
    return net.eval(), tokenizer


@torch.no_grad()
def understand(net: TextNet, tokenizer: Tokenizer, texts: list[str]) -> list[tuple[str, str | None, float]]:
    ids, mask = map(torch.from_numpy, tokenizer.padded(texts, CONTEXT))
    name, side = net.answers(ids, mask)
    sure = name.softmax(-1).max(1).values
    return [(NAMES[n], SIDES[s], float(p)) for n, s, p in zip(name.argmax(1), side.argmax(1), sure)]


def load(folder: Path) -> tuple[TextNet, Tokenizer]:
    state = torch.load(folder / "text.pt")
    tokenizer = Tokenizer([tuple(pair) for pair in state["merges"]])
    net = TextNet(len(tokenizer.vocabulary))
    net.load_state_dict(state["model"])
    return net.eval(), tokenizer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--words", type=Path, help="CLIP's merge list, a source of ordinary words")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    net, tokenizer = train(args)
    state = {"model": net.state_dict(), "merges": tokenizer.merges, "seed": args.seed, "steps": args.steps}
    save(args.out / "text.pt", state)
    cases = json.loads((Path(__file__).parent / "text_cases.json").read_text())
    report(net, tokenizer, cases)


def report(net: TextNet, tokenizer: Tokenizer, cases: list) -> int:
    """Prints the texts that were misunderstood; gives their number."""
    found = understand(net, tokenizer, [text for text, _, _ in cases])
    wrong = 0
    for (text, name, side), (got, got_side, sure) in zip(cases, found):
        if got != name or (name in SIDED_TARGETS and got_side != side):
            wrong += 1
            print(f"  {text!r}: expected {side} {name!r}, got {got_side} {got!r} ({sure:.2f})")
    print(f"{len(cases) - wrong} of {len(cases)} texts understood")
    return wrong


if __name__ == "__main__":
    main()
