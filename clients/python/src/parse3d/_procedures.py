"""What the clients do, step by step. Each function is an exchange: see `_exchange`."""

from __future__ import annotations

import hashlib
import io
import re
import time
import uuid
from typing import Any, BinaryIO, Mapping, Optional, Sequence
from urllib.parse import quote

import httpx

from ._exchange import Exchange, Pause, Send, document, parsed, request
from ._files import require_name
from .documents import ENDED, Batch, Job, OnBatch, OnJob, Prompts, UploadedVolume
from .problem import Problem, foreign_answer, problem_of_job
from .result import Result

FIRST_LOOK_SECONDS = 0.2
SLOWEST_LOOK_SECONDS = 2.0
#: How long the server may be away while a job is waited for.
AWAY_SECONDS = 60.0

#: Of a job or batch.
ID = re.compile(r"[A-Za-z0-9-]{1,64}")

JSONObject = Mapping[str, Any]


def upload(file: BinaryIO, content_type: str, origin: str) -> Exchange[UploadedVolume]:
    size = file.seek(0, io.SEEK_END)
    headers = {"Content-Type": content_type, "Content-Length": str(size)}
    try:
        return (yield from document(Send("POST", "/v1/volumes", headers=headers, content=file), origin, "uri"))
    except Problem as problem:
        if problem.code != "no-answer":
            raise
        # A server that refuses closes the connection while we still send, and its answer can be lost: ask with nothing.
        try:
            yield from document(Send("POST", "/v1/volumes", headers={"Content-Type": content_type}, content=io.BytesIO()), origin)
        except Problem as reason:
            if reason.code != "request-invalid":
                raise reason from problem
        raise


def submit(
    uri: str,
    prompts: Prompts,
    origin: str,
    *,
    pack: Optional[str],
    modality: Optional[str],
    outputs: Optional[JSONObject],
    options: Optional[JSONObject],
    metadata: Optional[Mapping[str, str]],
    idempotency_key: Optional[str],
) -> Exchange[Job]:
    if isinstance(prompts, str):
        raise TypeError('prompts is a list of texts, such as ["left hippocampus"]')
    wished = {"pack": pack, "modality": modality, "outputs": outputs, "options": options, "metadata": metadata}
    body = {"input": {"uri": uri}, "prompts": list(prompts), **given(wished)}
    # Should the answer be lost, the same key finds the same job.
    headers = {"Idempotency-Key": idempotency_key or str(uuid.uuid4())}
    return (yield from document(Send("POST", "/v1/jobs", json=body, headers=headers), origin, "id", "status"))


def get_job(job_id: str, origin: str) -> Exchange[Job]:
    return (yield from document(Send("GET", job_path(job_id)), origin, "id", "status"))


def wait(job_id: str, origin: str, *, on_progress: Optional[OnJob], timeout: Optional[float]) -> Exchange[Job]:
    """Raises TimeoutError after `timeout` seconds; the job goes on."""
    began = time.monotonic()
    pause = FIRST_LOOK_SECONDS
    lost: Optional[float] = None
    while True:
        try:
            job = yield from get_job(job_id, origin)
        except Problem as problem:
            lost = time.monotonic() if lost is None else lost
            if not problem.retryable or time.monotonic() - lost > AWAY_SECONDS:
                raise
        else:
            lost = None
            if on_progress is not None:
                on_progress(job)
            if job["status"] in ENDED:
                return job
        if timeout is not None and time.monotonic() - began + pause > timeout:
            raise TimeoutError(f"job {job_id} has not ended after {timeout:g} s; it goes on, and `result` fetches it")
        yield Pause(pause)
        pause = min(pause * 1.2, SLOWEST_LOOK_SECONDS)


def result(job_id: str, origin: str, *, on_progress: Optional[OnJob], timeout: Optional[float]) -> Exchange[Result]:
    """Waits for the job, then fetches its manifest, label map, masks and table."""
    job = yield from wait(job_id, origin, on_progress=on_progress, timeout=timeout)
    if job["status"] == "failed":
        raise problem_of_job(job["problem"])
    if job["status"] == "canceled":
        raise Problem("canceled", f"job {job_id} was canceled", retryable=False)
    files: dict[str, bytes] = {}
    for output in job["outputs"]:
        name = output["name"]
        if name in ("labels.nii.gz", "findings.csv") or (name.startswith("mask-") and name.endswith(".nii.gz")):
            sink = io.BytesIO()
            yield from fetch(job, name, sink, origin)
            files[name] = sink.getvalue()
    manifest = yield from document(Send("GET", f"{job_path(job_id)}/outputs/manifest.json"), origin, "findings")
    return Result(job, manifest, files)


def fetch(job: Job, name: str, sink: BinaryIO, origin: str) -> Exchange[None]:
    """Raises Problem `output-mismatch` when the bytes are not those that the job names; KeyError for another name."""
    named = {output["name"]: output for output in job.get("outputs", [])}
    if name not in named:
        raise KeyError(f"job {job['id']} has no output {name!r}; it has {sorted(named)}")
    checked = Hashing(sink, named[name]["bytes"])
    yield from request(Send("GET", f"{job_path(job['id'])}/outputs/{quote(name, safe='')}", sink=checked), origin)
    if checked.hexdigest() != named[name]["sha256"]:
        raise Problem("output-mismatch", f"{name} does not have the SHA-256 that the job names", retryable=True)


def submit_batch(
    source: JSONObject, origin: str, *, idempotency_key: Optional[str], dry_run: bool, fields: JSONObject
) -> Exchange[Any]:
    headers = {} if dry_run else {"Idempotency-Key": idempotency_key or str(uuid.uuid4())}
    body = {"source": dict(source), "dryRun": dry_run, **given(fields)}
    return (yield from document(Send("POST", "/v1/batches", json=body, headers=headers), origin))


def wait_for_batch(batch_id: str, origin: str, *, on_look: Optional[OnBatch], timeout: Optional[float]) -> Exchange[Batch]:
    """Raises TimeoutError after `timeout` seconds; the batch goes on."""
    began = time.monotonic()
    pause = FIRST_LOOK_SECONDS
    while True:
        batch: Batch = yield from document(Send("GET", batch_path(batch_id)), origin, "id", "counts")
        if on_look is not None:
            on_look(batch)
        if "finishedAt" in batch:
            return batch
        if timeout is not None and time.monotonic() - began + pause > timeout:
            raise TimeoutError(f"batch {batch_id} has not ended after {timeout:g} s; it goes on")
        yield Pause(pause)
        pause = min(pause * 1.2, SLOWEST_LOOK_SECONDS)


def batch_items(batch_id: str, origin: str, status: Optional[str]) -> Exchange[list[dict[str, Any]]]:
    items: list[dict[str, Any]] = []
    query = {"limit": "1000", **given({"status": status})}
    while True:
        page = yield from document(Send("GET", f"{batch_path(batch_id)}/items", query=query), origin, "items")
        items.extend(page["items"])
        if "next" not in page:
            return items
        query = {**query, "from": str(page["next"])}


def report(batch_id: str, name: str, sink: BinaryIO, origin: str) -> Exchange[None]:
    yield from request(Send("GET", f"{batch_path(batch_id)}/reports/{quote(name, safe='')}", sink=Hashing(sink)), origin)


def events_request(job_id: str, last_event_id: Optional[str]) -> Send:
    headers = {} if last_event_id is None else {"Last-Event-ID": last_event_id}
    return Send("GET", f"{job_path(job_id)}/events", headers=headers)


class EventLines:
    """The JSON events of a `text/event-stream`, line by line. One that the end of the stream cuts off is dropped."""

    def __init__(self) -> None:
        self._data: list[str] = []
        self.last_event_id: Optional[str] = None

    def feed(self, line: str, origin: str) -> Optional[Any]:
        """The event that ends with this line. Raises Problem `foreign-answer` for one that is not a JSON object."""
        if line == "":
            data, self._data = self._data, []
            if not data:
                return None
            event = parsed("\n".join(data).encode())
            if not isinstance(event, dict):
                raise foreign_answer(200, origin)
            return event
        name, _, value = line.partition(":")
        value = value[1:] if value.startswith(" ") else value
        if name == "data":
            self._data.append(value)
        elif name == "id":
            self.last_event_id = value
        return None


class Hashing:
    """Writes through to a file and keeps the SHA-256 of what went by. A try that begins again begins both again."""

    def __init__(self, sink: BinaryIO, most: Optional[int] = None) -> None:
        self._sink = sink
        self._most = most
        self._start = sink.tell()
        self.restart()

    def restart(self) -> None:
        self._sink.seek(self._start)
        self._sink.truncate()
        self._hash = hashlib.sha256()
        self._bytes = 0

    def write(self, data: bytes) -> None:
        """Raises Problem `output-mismatch` once more comes than was named."""
        self._bytes += len(data)
        if self._most is not None and self._bytes > self._most:
            raise Problem("output-mismatch", f"more than the {self._most} bytes came that the job names", retryable=True)
        self._hash.update(data)
        self._sink.write(data)

    def hexdigest(self) -> str:
        return self._hash.hexdigest()


def is_stream(response: httpx.Response) -> bool:
    return response.status_code == 200 and response.headers.get("Content-Type", "").startswith("text/event-stream")


def job_path(job_id: str) -> str:
    return f"/v1/jobs/{require_id(job_id)}"


def batch_path(batch_id: str) -> str:
    return f"/v1/batches/{require_id(batch_id)}"


def require_id(identifier: str) -> str:
    if ID.fullmatch(identifier) is None:
        raise ValueError(f"{identifier!r} is not the id of a job or batch")
    return identifier


def given(values: Mapping[str, Any]) -> dict[str, Any]:
    """Without what was left out."""
    return {name: value for name, value in values.items() if value is not None}


def masks_too(outputs: Optional[JSONObject]) -> JSONObject:
    """A label map holds one label a voxel, so that only mask files have all of prompts that overlap."""
    return {"masks": True, **(outputs or {})}


def names_of(job: Job, names: Optional[Sequence[str]]) -> list[str]:
    """Of the outputs to save. Raises Problem `state-conflict` for a job without outputs, `foreign-answer` for a name that
    would leave the folder."""
    if "outputs" not in job:
        raise Problem("state-conflict", f"job {job['id']} is {job['status']} and has no outputs", retryable=False)
    return [require_name(name) for name in ([output["name"] for output in job["outputs"]] if names is None else names)]
