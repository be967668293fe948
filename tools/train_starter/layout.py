"""JSON laid out as the project's formatter lays it out, so that a written pack passes its check."""
from __future__ import annotations

import json
import re

LINE_LENGTH = 120


def tidy_json(value: object) -> str:
    """Two spaces of indent; lists of plain values on one line where they fit."""

    def joined(found: re.Match) -> str:
        items = [item.strip() for item in found[2].split("\n") if item.strip()]
        line = found[1] + "[" + " ".join(items) + "]" + found[3]
        return line if len(line) <= LINE_LENGTH else found[0]

    return re.sub(r"(?m)^(.*)\[\n([^\[\]{}]*)\](,?)", joined, json.dumps(value, indent=2, ensure_ascii=False)) + "\n"
