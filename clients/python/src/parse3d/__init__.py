"""Client of a parse3d server: text-prompted segmentation of 3D biomedical volumes.

    >>> from parse3d import Client
    >>> found = Client("http://127.0.0.1:8080", "p3d_…").segment("t1.nii.gz", ["left hippocampus"])
    >>> found.masks["left hippocampus"]          # a nibabel image on the grid of the volume
    >>> found.dataframe()                        # a row per prompt: millilitres, place, intensities

For research use only, not for clinical decisions.
"""

from . import pack
from .aio import AsyncClient
from .client import Client
from .documents import Batch, Job, JobEvent, PackSummary, UploadedVolume
from .problem import IncompleteResultWarning, Problem
from .result import Finding, Result

__all__ = [
    "AsyncClient",
    "Batch",
    "Client",
    "Finding",
    "IncompleteResultWarning",
    "Job",
    "JobEvent",
    "PackSummary",
    "Problem",
    "Result",
    "UploadedVolume",
    "pack",
]
