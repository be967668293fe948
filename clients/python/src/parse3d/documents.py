"""The documents of the API as far as this client reads them. The server's ``/openapi.json`` has all of them in full.

Fields are optional where an older or a newer server may leave them out.
"""

from __future__ import annotations

from typing import Any, Callable, Mapping, Sequence, TypedDict, Union


class Prompt(TypedDict, total=False):
    text: str
    label: int
    keepLargest: int
    removeBelowMl: float
    instances: bool


#: A text, or a text with its label number and rules.
PromptLike = Union[str, Prompt, Mapping[str, Any]]


class Geometry(TypedDict):
    shape: list[int]
    affine: list[float]
    spacingMm: list[float]


class UploadedVolume(TypedDict, total=False):
    uri: str
    bytes: int
    sha256: str
    geometry: Geometry
    prompts: list[Prompt]


class JobOutput(TypedDict):
    name: str
    url: str
    bytes: int
    sha256: str


class Job(TypedDict, total=False):
    id: str
    status: str
    run: int
    input: dict[str, Any]
    prompts: list[Prompt]
    pack: dict[str, str]
    modality: str
    stage: str
    progress: float
    etaSeconds: float
    position: int
    problem: dict[str, Any]
    outputs: list[JobOutput]


class JobEvent(TypedDict, total=False):
    jobId: str
    run: int
    status: str
    stage: str
    progress: float
    etaSeconds: float
    problem: dict[str, Any]


class Batch(TypedDict, total=False):
    id: str
    name: str
    status: str
    total: int
    counts: dict[str, int]
    skipped: int
    finishedAt: str
    reports: list[dict[str, str]]


class PackSummary(TypedDict, total=False):
    id: str
    version: str
    title: str
    kind: str
    modalities: list[str]
    licence: str
    default: bool
    targets: list[dict[str, Any]]


OnJob = Callable[[Job], None]
OnBatch = Callable[[Batch], None]
Prompts = Sequence[PromptLike]

ENDED = frozenset({"completed", "failed", "canceled"})
