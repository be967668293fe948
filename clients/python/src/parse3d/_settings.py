"""Where the server is and who asks."""

from __future__ import annotations

import os
import re
from typing import Optional
from urllib.parse import urlsplit

import httpx

#: A download or an answer may be silent for so long; the server sends a sign of life every 10 s.
SILENCE_SECONDS = 60.0

#: Scheme, host, port and path: a name or password in it would stand in every message.
ADDRESS = re.compile(r"https?://[A-Za-z0-9._\[\]:-]+(?<![:])(/[A-Za-z0-9._~%/-]*)?")


class Settings:
    """`url` and `key` as given, else from PARSE3D_URL and PARSE3D_API_KEY.

    Raises ValueError when the address is missing or is not one of HTTP.
    """

    def __init__(self, url: Optional[str], key: Optional[str]) -> None:
        url = url or os.environ.get("PARSE3D_URL")
        if not url:
            raise ValueError('expected the address of a server: Client("http://127.0.0.1:8080", "p3d_…"), or PARSE3D_URL')
        if not ADDRESS.fullmatch(url):
            raise ValueError(f"{url!r} is not an address such as http://127.0.0.1:8080")
        parts = urlsplit(url)
        self.url = url.rstrip("/")
        self.origin = f"{parts.scheme}://{parts.netloc}"
        # A file that a key is read from ends in a line break.
        key = (key or os.environ.get("PARSE3D_API_KEY") or "").strip() or None
        if key is not None and not (key.isascii() and key.isprintable()):
            raise ValueError("the key has characters that no key has; expected p3d_…")
        self.headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        self.timeout = httpx.Timeout(SILENCE_SECONDS, connect=10.0)
