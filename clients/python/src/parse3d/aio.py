"""The client that does not block: the same exchanges as `Client`, awaited."""

from __future__ import annotations

import asyncio
import os
import warnings
from pathlib import Path
from typing import Any, AsyncIterator, BinaryIO, Mapping, Optional, Sequence, Union

import httpx

from . import _procedures as procedures
from ._exchange import Answer, Exchange, Pause, Send, T, collect, document, require_success
from ._files import whole
from ._settings import Settings
from ._volumes import VolumeLike, opened
from .client import CHUNK
from .documents import Batch, Job, JobEvent, OnBatch, OnJob, PackSummary, Prompts, UploadedVolume
from .problem import IncompleteResultWarning, Problem
from .result import Result


class AsyncClient:
    """A parse3d server, for asyncio. Methods and arguments are those of `Client`; an ``async with`` block closes it."""

    def __init__(self, url: Optional[str] = None, key: Optional[str] = None) -> None:
        settings = Settings(url, key)
        self._origin = settings.origin
        self._http = httpx.AsyncClient(
            base_url=settings.url, headers=settings.headers, timeout=settings.timeout
        )
        self.batches = AsyncBatches(self)

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        await self._http.aclose()

    async def segment(
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
        """See `Client.segment`."""
        uploaded = await self.upload(volume)
        job = await self.submit(
            uploaded["uri"],
            prompts,
            pack=pack,
            modality=modality,
            outputs=procedures.masks_too(outputs),
            options=options,
            metadata=metadata,
        )
        result = await self.result(job["id"], on_progress=on_progress, timeout=timeout)
        for warning in result.warnings:
            warnings.warn(warning, IncompleteResultWarning, stacklevel=2)
        return result

    async def upload(self, volume: VolumeLike) -> UploadedVolume:
        """See `Client.upload`."""
        with opened(volume) as (file, content_type):
            return await self._run(procedures.upload(file, content_type, self._origin))

    async def submit(
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
        """See `Client.submit`."""
        return await self._run(
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

    async def job(self, job_id: str) -> Job:
        return await self._run(procedures.get_job(job_id, self._origin))

    async def cancel(self, job_id: str) -> Job:
        return await self._run(document(Send("DELETE", procedures.job_path(job_id)), self._origin))

    async def wait(self, job_id: str, *, on_progress: Optional[OnJob] = None, timeout: Optional[float] = None) -> Job:
        """See `Client.wait`."""
        return await self._run(procedures.wait(job_id, self._origin, on_progress=on_progress, timeout=timeout))

    async def result(
        self, job_id: str, *, on_progress: Optional[OnJob] = None, timeout: Optional[float] = None
    ) -> Result:
        """See `Client.result`."""
        return await self._run(procedures.result(job_id, self._origin, on_progress=on_progress, timeout=timeout))

    async def output(self, job: Union[Job, str], name: str, file: BinaryIO) -> None:
        """See `Client.output`."""
        await self._run(procedures.fetch(await self._as_job(job), name, file, self._origin))

    async def save(
        self, job: Union[Job, str], folder: Union[str, os.PathLike[str]], names: Optional[Sequence[str]] = None
    ) -> list[Path]:
        """See `Client.save`."""
        job = await self._as_job(job)
        target = Path(folder)
        target.mkdir(parents=True, exist_ok=True)
        saved = []
        for name in procedures.names_of(job, names):
            with whole(target / name) as file:
                await self.output(job, name, file)
            saved.append(target / name)
        return saved

    async def events(self, job_id: str, last_event_id: Optional[str] = None) -> AsyncIterator[JobEvent]:
        """See `Client.events`."""
        send = procedures.events_request(job_id, last_event_id)
        lines = procedures.EventLines()
        try:
            async with self._http.stream(send.method, send.path, headers=dict(send.headers)) as response:
                if not procedures.is_stream(response):
                    require_success(Answer(response.status_code, response.headers, await response.aread()), self._origin)
                    return
                async for line in response.aiter_lines():
                    event = lines.feed(line.rstrip("\r\n"), self._origin)
                    if event is not None:
                        yield event
        except httpx.RequestError as error:
            raise Problem("no-answer", f"no answer from {self._origin} ({error})") from error

    async def packs(self) -> list[PackSummary]:
        """See `Client.packs`."""
        answer = await self._run(document(Send("GET", "/v1/packs"), self._origin, "packs"))
        return answer["packs"]

    async def _as_job(self, job: Union[Job, str]) -> Job:
        return await self.job(job) if isinstance(job, str) else job

    async def _run(self, exchange: Exchange[T]) -> T:
        """Performs an exchange, one step after the other."""
        try:
            step = next(exchange)
            while True:
                if isinstance(step, Pause):
                    await asyncio.sleep(step.seconds)
                    step = exchange.send(None)
                    continue
                try:
                    answer = await self._perform(step)
                except httpx.RequestError as error:
                    step = exchange.throw(error)
                else:
                    step = exchange.send(answer)
        except StopIteration as end:
            return end.value

    async def _perform(self, send: Send) -> Answer:
        async with self._http.stream(
            send.method,
            send.path,
            json=send.json,
            params=dict(send.query),
            headers=dict(send.headers),
            content=None if send.content is None else chunks_of(send.content),
            # Downloads are sent on to the object storage; anything else would be repeated at another place.
            follow_redirects=send.method == "GET",
        ) as response:
            if send.sink is None or not response.is_success:
                body: list[bytes] = []
                async for chunk in response.aiter_bytes(CHUNK):
                    collect(body, chunk)
                return Answer(response.status_code, response.headers, b"".join(body))
            send.sink.restart()
            async for chunk in response.aiter_bytes(CHUNK):
                send.sink.write(chunk)
            return Answer(response.status_code, response.headers, b"")


async def chunks_of(file: BinaryIO) -> AsyncIterator[bytes]:
    """A file from its beginning, read beside the event loop."""
    file.seek(0)
    while chunk := await asyncio.to_thread(file.read, CHUNK):
        yield chunk


class AsyncBatches:
    """Many volumes at once. Reached as `AsyncClient.batches`; methods and arguments are those of `Client.batches`."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def submit(
        self,
        source: Mapping[str, Any],
        prompts: Optional[Prompts] = None,
        *,
        idempotency_key: Optional[str] = None,
        **fields: Any,
    ) -> Batch:
        wished = {"prompts": None if prompts is None else list(prompts), **fields}
        origin = self._client._origin
        return await self._client._run(
            procedures.submit_batch(source, origin, idempotency_key=idempotency_key, dry_run=False, fields=wished)
        )

    async def measure(
        self, source: Mapping[str, Any], prompts: Optional[Prompts] = None, **fields: Any
    ) -> dict[str, Any]:
        wished = {"prompts": None if prompts is None else list(prompts), **fields}
        origin = self._client._origin
        return await self._client._run(
            procedures.submit_batch(source, origin, idempotency_key=None, dry_run=True, fields=wished)
        )

    async def get(self, batch_id: str) -> Batch:
        return await self._client._run(document(Send("GET", procedures.batch_path(batch_id)), self._client._origin))

    async def wait(self, batch_id: str, *, on_look: Optional[OnBatch] = None, timeout: Optional[float] = None) -> Batch:
        exchange = procedures.wait_for_batch(batch_id, self._client._origin, on_look=on_look, timeout=timeout)
        return await self._client._run(exchange)

    async def items(self, batch_id: str, status: Optional[str] = None) -> list[dict[str, Any]]:
        return await self._client._run(procedures.batch_items(batch_id, self._client._origin, status))

    async def act(self, batch_id: str, action: str) -> Batch:
        body: Optional[dict[str, Any]] = {} if action == "retry-failed" else None
        send = Send("POST", f"{procedures.batch_path(batch_id)}/{action}", json=body)
        return await self._client._run(document(send, self._client._origin))

    async def report(self, batch_id: str, name: str, file: BinaryIO) -> None:
        await self._client._run(procedures.report(batch_id, name, file, self._client._origin))
