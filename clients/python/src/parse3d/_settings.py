"""Where the server is and who asks."""

from __future__ import annotations

import os
from typing import Optional
from urllib.parse import urlsplit

import httpx

#: A download or an answer may be silent for so long; the server sends a sign of life every 10 s.
SILENCE_SECONDS = 60.0


class Settings:
    """`url` and `key` as given, else from PARSE3D_URL and PARSE3D_API_KEY.

    Raises ValueError when the address is missing or is not one of HTTP.
    """

    def __init__(self, url: Optional[str], key: Optional[str]) -> None:
        url = url or os.environ.get("PARSE3D_URL")
        if not url:
            raise ValueError('expected the address of a server: Client("http://127.0.0.1:8080", "p3d_…"), or PARSE3D_URL')
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise ValueError(f"{url!r} is not an address such as http://127.0.0.1:8080")
        self.url = url.rstrip("/")
        self.origin = f"{parts.scheme}://{parts.netloc}"
        key = key or os.environ.get("PARSE3D_API_KEY")
        self.headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        self.timeout = httpx.Timeout(SILENCE_SECONDS, connect=10.0)
