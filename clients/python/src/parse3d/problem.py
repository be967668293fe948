"""What goes wrong: answers of the server that are not a success, and a server that does not answer."""

from __future__ import annotations

from typing import Any, Mapping, Optional

#: Nothing was done, so that any request may be sent again.
REFUSED_FOR_NOW = frozenset({429, 503})
#: What a proxy answers for a server that did not: only a request that changes nothing may be sent again.
NOT_ANSWERED = frozenset({502, 504})


class Problem(Exception):
    """An answer that is not a success (RFC 9457), a job that failed, or a server that did not answer.

    code: stable, such as ``prompt-unknown``; the reference of the server lists them. The client's own are ``no-answer``
        (the server was not reached, or fell silent), ``foreign-answer`` (whatever answered is not parse3d) and
        ``output-mismatch`` (a file does not have the checksum that the job names).
    status: of HTTP; 0 without an answer, and for a job that failed.
    retryable: whether the same request can succeed later.
    fields: what the server adds: ``suggestions``, ``requestId``, …
    """

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        status: int = 0,
        retryable: Optional[bool] = None,
        fields: Optional[Mapping[str, Any]] = None,
    ) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.status = status
        passing = status == 0 or status in REFUSED_FOR_NOW or status in NOT_ANSWERED
        self.retryable = passing if retryable is None else retryable
        self.fields = dict(fields or {})

    @property
    def suggestions(self) -> list[str]:
        """The names of the pack that were probably meant, for a prompt that it does not know."""
        return [str(name) for name in self.fields.get("suggestions", [])]


class IncompleteResultWarning(UserWarning):
    """What a result says about itself that its reader should know, such as slices that were not looked at."""


def problem_of(status: int, body: Any, origin: str) -> Problem:
    """The answer as a Problem, also one that a proxy gave. `body` is parsed JSON, None where it was not JSON."""
    if not isinstance(body, dict) or "type" not in body or "detail" not in body:
        return foreign_answer(status, origin)
    fields = {name: value for name, value in body.items() if name not in ("type", "detail", "status", "title")}
    return Problem(str(body["type"]).rsplit("/", 1)[-1], str(body["detail"]), status=status, fields=fields)


def foreign_answer(status: int, origin: str) -> Problem:
    detail = f"{origin} answered HTTP {status}, which does not look like parse3d; check the address"
    return Problem("foreign-answer", detail, status=status, retryable=False)


def problem_of_job(problem: Mapping[str, Any]) -> Problem:
    """Why a job failed. `problem` is that of the job's answer."""
    return Problem(
        str(problem["code"]),
        str(problem["detail"]),
        retryable=problem.get("retry") == "later",
        fields=problem.get("fields", {}),
    )
