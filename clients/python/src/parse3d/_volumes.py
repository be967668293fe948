"""What people hold in their hands, as the bytes that the server takes."""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
import warnings
import zipfile
from pathlib import Path
from typing import Any, BinaryIO, Iterator, List, Tuple, Union

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
        if not os.fspath(volume):
            raise ValueError("the path of the volume is empty")
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
    """The files of a folder as a zip, under numbers: names of files can name patients.

    Hidden files are left out, with a warning. Anything else that cannot be sent is an error: a series without it would be
    a shorter volume.
    """
    files, hidden = _files_of(folder)
    if hidden:
        warnings.warn(f"{len(hidden)} hidden files of {folder} are not sent, such as {hidden[0]}", stacklevel=4)
    if not files:
        raise ValueError(f"{folder} holds no files")
    with tempfile.TemporaryFile() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=True, strict_timestamps=False) as archive:
            for number, path in enumerate(files):
                archive.write(path, f"{number:06d}")
        file.seek(0)
        yield file


def _files_of(folder: Path) -> Tuple[List[Path], List[Path]]:
    """Files to send, and hidden ones. Raises ValueError for what is neither."""
    root = folder.resolve()
    files: List[Path] = []
    hidden: List[Path] = []
    for path in sorted(folder.rglob("*")):
        if any(part.startswith(".") for part in path.relative_to(folder).parts):
            hidden.append(path)
        elif path.is_symlink() and path.is_dir():
            raise ValueError(f"{path} is a link to a folder; copy what it names, or pass that folder")
        elif not path.is_dir():
            files.append(_readable(path, root))
    return files, hidden


def _readable(path: Path, root: Path) -> Path:
    try:
        target = path.resolve(strict=True)
    except (OSError, RuntimeError) as error:
        raise ValueError(f"{path} leads nowhere: {error}") from error
    if root not in target.parents:
        raise ValueError(f"{path} is a link to a place outside of {root}; copy what it names, or pass that folder")
    if not target.is_file():
        raise ValueError(f"{path} is not a file that can be read")
    return target
