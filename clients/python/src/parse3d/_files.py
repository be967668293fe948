"""Files that have their name once they are whole."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from pathlib import Path
from typing import BinaryIO, Iterator

from .problem import Problem

FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


def require_name(name: str) -> str:
    """A name of a file without a path in it, whatever the server says. Raises Problem `foreign-answer`."""
    if FILE_NAME.fullmatch(name) is None:
        raise Problem("foreign-answer", f"{name!r} is not the name of a file", retryable=False)
    return name


@contextlib.contextmanager
def whole(path: Path) -> Iterator[BinaryIO]:
    """A file to write, which takes the place of `path` at the end, and leaves nothing behind when that is not reached."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    # A link that stands there is not followed.
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
