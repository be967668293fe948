"""Conversations with the server as generators: they yield what is to be done and are sent what came of it.

So one text serves the client that blocks and the one that does not: `run` of each performs the steps its own way.
"""

from __future__ import annotations

import email.utils
import json
import random
import time
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Generator, Mapping, Optional, Protocol, TypeVar, Union

import httpx

from .problem import NOT_ANSWERED, REFUSED_FOR_NOW, Problem, foreign_answer, problem_of

RETRIES = 5
FIRST_PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 30.0


class Sink(Protocol):
    """Receives the body of a success. `restart` is called before the first byte of each try."""

    def restart(self) -> None: ...

    def write(self, data: bytes) -> object: ...


@dataclass(frozen=True)
class Send:
    """One request. `content` is sent from its beginning, each time; `sink` receives the body of a success."""

    method: str
    path: str
    json: Any = None
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    content: Optional[BinaryIO] = None
    sink: Optional[Sink] = None

    @property
    def repeatable(self) -> bool:
        return self.method == "GET" or "Idempotency-Key" in self.headers


#: What an answer that is not a file may have, in bytes.
LARGEST_DOCUMENT = 64 * 2**20


def collect(chunks: list[bytes], chunk: bytes) -> None:
    """Raises httpx.DecodingError for an answer without an end."""
    chunks.append(chunk)
    if sum(map(len, chunks)) > LARGEST_DOCUMENT:
        raise httpx.DecodingError(f"more than {LARGEST_DOCUMENT} bytes where a document was expected")


@dataclass(frozen=True)
class Pause:
    seconds: float


@dataclass(frozen=True)
class Answer:
    """`body` is empty where a sink received it."""

    status: int
    headers: httpx.Headers
    body: bytes


T = TypeVar("T")
Exchange = Generator[Union[Send, Pause], Optional[Answer], T]


def request(send: Send, origin: str, retries: int = RETRIES) -> Exchange[Answer]:
    """Sends again what the server refuses for now, after as long as it asks for; and, where nothing can happen twice,
    what was not answered.

    Raises Problem for every answer that is not a success.
    """
    for tried in range(retries + 1):
        asked: Optional[float] = None
        last = tried == retries
        try:
            answer = yield send
        except httpx.RequestError as error:
            if last or not send.repeatable:
                raise Problem("no-answer", f"no answer from {origin} ({reason_of(error)})") from error
        else:
            assert answer is not None
            status = answer.status
            again = status in REFUSED_FOR_NOW or (send.repeatable and status in NOT_ANSWERED)
            if last or not again:
                return require_success(answer, origin)
            asked = retry_after(answer.headers.get("Retry-After"))
        longest = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**tried)
        yield Pause(min(LONGEST_PAUSE_SECONDS, asked) if asked is not None else random.uniform(longest / 2, longest))
    raise AssertionError("the last try returns or raises")


def require_success(answer: Answer, origin: str) -> Answer:
    if 300 <= answer.status < 400:
        elsewhere = answer.headers.get("Location", "another address")
        detail = f"{origin} sends requests on to {elsewhere}; give the client that address"
        raise Problem("foreign-answer", detail, status=answer.status, retryable=False)
    if not 200 <= answer.status < 300:
        raise problem_of(answer.status, parsed(answer.body), origin)
    # The start page of some other server is a success too.
    if answer.headers.get("Content-Type", "").startswith("text/html"):
        raise foreign_answer(answer.status, origin)
    return answer


def document(send: Send, origin: str, *required: str) -> Exchange[Any]:
    """The JSON object that a request is answered with. One without the required members is not an answer of parse3d."""
    answer = yield from request(send, origin)
    body = parsed(answer.body)
    if not isinstance(body, dict) or any(name not in body for name in required):
        raise foreign_answer(answer.status, origin)
    return body


def parsed(body: bytes) -> Any:
    """None for what is not JSON, or is nested beyond all measure."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def retry_after(header: Optional[str]) -> Optional[float]:
    """`Retry-After` in seconds or as a date, as seconds from now."""
    if header is None:
        return None
    if header.strip().isascii() and header.strip().isdigit():
        return float(header)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(header).timestamp() - time.time())
    except (TypeError, ValueError):
        return None


def reason_of(error: httpx.RequestError) -> str:
    return str(error) or type(error).__name__
