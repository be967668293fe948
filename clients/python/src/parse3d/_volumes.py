"""What people hold in their hands, as the bytes that the server takes."""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
import zipfile
from pathlib import Path
from typing import Any, BinaryIO, Iterator, Tuple, Union

#: A path of a NIfTI, NRRD, MetaImage or .npz file, of a zip or a folder with a DICOM series; bytes; an open binary file;
#: or a nibabel image.
VolumeLike = Union[str, "os.PathLike[str]", bytes, BinaryIO, Any]

OCTETS = "application/octet-stream"
ZIP = "application/zip"


@contextlib.contextmanager
def opened(volume: VolumeLike) -> Iterator[Tuple[BinaryIO, str]]:
    """The volume as a file that can be read again from its beginning, and its content type.

    Raises FileNotFoundError, TypeError, and ValueError for a folder of which something cannot be sent.
    """
    if isinstance(volume, (bytes, bytearray, memoryview)):
        data = bytes(volume)
        yield io.BytesIO(data), ZIP if data[:2] == b"PK" else OCTETS
    elif isinstance(volume, (str, os.PathLike)):
        path = Path(volume)
        if path.is_dir():
            with _zipped(path) as file:
                yield file, ZIP
        else:
            with path.open("rb") as file:
                yield file, _content_type(file)
    elif hasattr(volume, "read") and hasattr(volume, "seek"):
        yield volume, _content_type(volume)
    elif hasattr(volume, "to_bytes") and hasattr(volume, "affine"):
        # Images of nibabel that live in one file.
        yield io.BytesIO(volume.to_bytes()), OCTETS
    else:
        raise TypeError(f"{type(volume).__name__} is not a path, bytes, a binary file or a nibabel image of one file")


def _content_type(file: BinaryIO) -> str:
    file.seek(0)
    start = file.read(2)
    file.seek(0)
    return ZIP if start == b"PK" else OCTETS


@contextlib.contextmanager
def _zipped(folder: Path) -> Iterator[BinaryIO]:
    """The files of a folder as a zip. What cannot be sent is an error: a series without it would be a shorter volume."""
    root = folder.resolve()
    with tempfile.TemporaryFile() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=True, strict_timestamps=False) as archive:
            files = sorted(path for path in folder.rglob("*") if not path.is_dir())
            for path in files:
                target = path.resolve()
                if root != target and root not in target.parents:
                    raise ValueError(f"{path} is a link to a place outside of {folder}; copy what it names, or pass that folder")
                if not target.is_file():
                    raise ValueError(f"{path} is not a file that can be read")
                archive.write(target, path.relative_to(folder).as_posix())
            if not files:
                raise ValueError(f"{folder} holds no files")
        file.seek(0)
        yield file
