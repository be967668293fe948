"""The client that blocks."""

from __future__ import annotations

import os
import time
import warnings
from pathlib import Path
from typing import Any, BinaryIO, Iterator, Mapping, Optional, Sequence, Union

import httpx

from . import _procedures as procedures
from ._exchange import Answer, Exchange, Pause, Send, T, collect, document, require_success
from ._files import whole
from ._settings import Settings
from ._volumes import VolumeLike, opened
from .documents import Batch, Job, JobEvent, OnBatch, OnJob, PackSummary, Prompts, UploadedVolume
from .problem import IncompleteResultWarning, Problem
from .result import Result

CHUNK = 1 << 20


class Client:
    """A parse3d server.

    url: such as ``http://127.0.0.1:8080``; else PARSE3D_URL.
    key: ``p3d_…``; else PARSE3D_API_KEY.

    Whatever the server refuses raises Problem. A ``with`` block closes the connections.
    """

    def __init__(self, url: Optional[str] = None, key: Optional[str] = None) -> None:
        settings = Settings(url, key)
        self._origin = settings.origin
        self._http = httpx.Client(
            base_url=settings.url, headers=settings.headers, timeout=settings.timeout
        )
        self.batches = Batches(self)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def segment(
        self,
        volume: VolumeLike,
        prompts: Prompts,
        *,
        pack: Optional[str] = None,
        modality: Optional[str] = None,
        outputs: Optional[Mapping[str, Any]] = None,
        options: Optional[Mapping[str, Any]] = None,
        metadata: Optional[Mapping[str, str]] = None,
        on_progress: Optional[OnJob] = None,
        timeout: Optional[float] = None,
    ) -> Result:
        """Uploads a volume, finds what the prompts name in it, and fetches the result.

        volume: path of a NIfTI file, of a folder or zip with a DICOM series, bytes, or a nibabel image.
        prompts: texts such as ``"left hippocampus"``, or dicts with ``text`` and ``label``.
        outputs, options: as in the API, such as ``{"segNrrd": True}`` and ``{"seed": 1}``.
        on_progress: called with the job each time it was looked at; ``progress`` is a share from 0 to 1.
        timeout: in seconds; the job goes on after it.

        Raises Problem (the server's refusal, or why the job failed), TimeoutError. What the result says about itself
        that its reader should know is issued as IncompleteResultWarning.
        """
        uri = self.upload(volume)["uri"]
        job = self.submit(
            uri,
            prompts,
            pack=pack,
            modality=modality,
            outputs=procedures.masks_too(outputs),
            options=options,
            metadata=metadata,
        )
        result = self.result(job["id"], on_progress=on_progress, timeout=timeout)
        for warning in result.warnings:
            warnings.warn(warning, IncompleteResultWarning, stacklevel=2)
        return result

    def upload(self, volume: VolumeLike) -> UploadedVolume:
        """Stores a volume; ``uri`` of the answer is what jobs refer to."""
        with opened(volume) as (file, content_type):
            return self._run(procedures.upload(file, content_type, self._origin))

    def submit(
        self,
        uri: str,
        prompts: Prompts,
        *,
        pack: Optional[str] = None,
        modality: Optional[str] = None,
        outputs: Optional[Mapping[str, Any]] = None,
        options: Optional[Mapping[str, Any]] = None,
        metadata: Optional[Mapping[str, str]] = None,
        idempotency_key: Optional[str] = None,
    ) -> Job:
        """Asks for a job on a stored volume. The same idempotency key again finds the same job."""
        return self._run(
            procedures.submit(
                uri,
                prompts,
                self._origin,
                pack=pack,
                modality=modality,
                outputs=outputs,
                options=options,
                metadata=metadata,
                idempotency_key=idempotency_key,
            )
        )

    def job(self, job_id: str) -> Job:
        return self._run(procedures.get_job(job_id, self._origin))

    def cancel(self, job_id: str) -> Job:
        return self._run(document(Send("DELETE", procedures.job_path(job_id)), self._origin))

    def wait(self, job_id: str, *, on_progress: Optional[OnJob] = None, timeout: Optional[float] = None) -> Job:
        """The job as it ended, completed or not. Raises TimeoutError after `timeout` seconds."""
        return self._run(procedures.wait(job_id, self._origin, on_progress=on_progress, timeout=timeout))

    def result(self, job_id: str, *, on_progress: Optional[OnJob] = None, timeout: Optional[float] = None) -> Result:
        """Waits for a job, and fetches its findings, label map and masks. Raises Problem when the job failed."""
        return self._run(procedures.result(job_id, self._origin, on_progress=on_progress, timeout=timeout))

    def output(self, job: Union[Job, str], name: str, file: BinaryIO) -> None:
        """Writes one output of a completed job to a file opened for binary writing, and checks its checksum."""
        self._run(procedures.fetch(self._as_job(job), name, file, self._origin))

    def save(
        self, job: Union[Job, str], folder: Union[str, os.PathLike[str]], names: Optional[Sequence[str]] = None
    ) -> list[Path]:
        """Saves outputs of a completed job, all or those of these names. A file has its name once it is whole."""
        job = self._as_job(job)
        target = Path(folder)
        target.mkdir(parents=True, exist_ok=True)
        saved = []
        for name in procedures.names_of(job, names):
            with whole(target / name) as file:
                self.output(job, name, file)
            saved.append(target / name)
        return saved

    def events(self, job_id: str, last_event_id: Optional[str] = None) -> Iterator[JobEvent]:
        """The events of a job as they happen, over one connection. The last one says how the job ended."""
        send = procedures.events_request(job_id, last_event_id)
        lines = procedures.EventLines()
        try:
            with self._http.stream(send.method, send.path, headers=dict(send.headers)) as response:
                if not procedures.is_stream(response):
                    require_success(Answer(response.status_code, response.headers, response.read()), self._origin)
                    return
                for line in response.iter_lines():
                    event = lines.feed(line.rstrip("\r\n"), self._origin)
                    if event is not None:
                        yield event
        except httpx.RequestError as error:
            raise Problem("no-answer", f"no answer from {self._origin} ({error})") from error

    def packs(self) -> list[PackSummary]:
        """The models of the server, with all that each can find."""
        return self._run(document(Send("GET", "/v1/packs"), self._origin, "packs"))["packs"]

    def _as_job(self, job: Union[Job, str]) -> Job:
        return self.job(job) if isinstance(job, str) else job

    def _run(self, exchange: Exchange[T]) -> T:
        """Performs an exchange, one step after the other."""
        try:
            step = next(exchange)
            while True:
                if isinstance(step, Pause):
                    time.sleep(step.seconds)
                    step = exchange.send(None)
                    continue
                try:
                    answer = self._perform(step)
                except httpx.RequestError as error:
                    step = exchange.throw(error)
                else:
                    step = exchange.send(answer)
        except StopIteration as end:
            return end.value

    def _perform(self, send: Send) -> Answer:
        if send.content is not None:
            send.content.seek(0)
        with self._http.stream(
            send.method,
            send.path,
            json=send.json,
            params=dict(send.query),
            headers=dict(send.headers),
            content=send.content,
            # Downloads are sent on to the object storage; anything else would be repeated at another place.
            follow_redirects=send.method == "GET",
        ) as response:
            if send.sink is None or not response.is_success:
                body: list[bytes] = []
                for chunk in response.iter_bytes(CHUNK):
                    collect(body, chunk)
                return Answer(response.status_code, response.headers, b"".join(body))
            send.sink.restart()
            for chunk in response.iter_bytes(CHUNK):
                send.sink.write(chunk)
            return Answer(response.status_code, response.headers, b"")


class Batches:
    """Many volumes at once. Reached as `Client.batches`."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def submit(
        self,
        source: Mapping[str, Any],
        prompts: Optional[Prompts] = None,
        *,
        idempotency_key: Optional[str] = None,
        **fields: Any,
    ) -> Batch:
        """Asks for a batch.

        source: such as ``{"kind": "prefix", "uri": "s3://scans/2024/"}`` or ``{"kind": "bids", "uri": …}``.
        fields: as in the API: ``pack``, ``name``, ``outputs``, ``options``, ``errorThreshold``, …
        """
        wished = {"prompts": None if prompts is None else list(prompts), **fields}
        origin = self._client._origin
        return self._client._run(
            procedures.submit_batch(source, origin, idempotency_key=idempotency_key, dry_run=False, fields=wished)
        )

    def measure(self, source: Mapping[str, Any], prompts: Optional[Prompts] = None, **fields: Any) -> dict[str, Any]:
        """How many volumes and bytes a batch would have. Nothing is run."""
        wished = {"prompts": None if prompts is None else list(prompts), **fields}
        origin = self._client._origin
        return self._client._run(
            procedures.submit_batch(source, origin, idempotency_key=None, dry_run=True, fields=wished)
        )

    def get(self, batch_id: str) -> Batch:
        return self._client._run(document(Send("GET", procedures.batch_path(batch_id)), self._client._origin))

    def wait(self, batch_id: str, *, on_look: Optional[OnBatch] = None, timeout: Optional[float] = None) -> Batch:
        """The batch as it ended, whatever failed. Raises TimeoutError after `timeout` seconds."""
        exchange = procedures.wait_for_batch(batch_id, self._client._origin, on_look=on_look, timeout=timeout)
        return self._client._run(exchange)

    def items(self, batch_id: str, status: Optional[str] = None) -> list[dict[str, Any]]:
        """All items, or those that are ``open``, ``completed``, ``failed`` or ``canceled``."""
        return self._client._run(procedures.batch_items(batch_id, self._client._origin, status))

    def act(self, batch_id: str, action: str) -> Batch:
        """action: ``pause``, ``resume``, ``cancel`` or ``retry-failed``."""
        body: Optional[dict[str, Any]] = {} if action == "retry-failed" else None
        send = Send("POST", f"{procedures.batch_path(batch_id)}/{action}", json=body)
        return self._client._run(document(send, self._client._origin))

    def report(self, batch_id: str, name: str, file: BinaryIO) -> None:
        """Writes a report of a batch that has ended, such as ``summary.csv``, to a file opened for binary writing."""
        self._client._run(procedures.report(batch_id, name, file, self._client._origin))
