"""Packs: a model as a folder with a graph and a `pack.json`."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any, Dict, List, Union

from ._files import FILE_NAME, whole

CHUNK = 1 << 20
SHEET = "pack.json"
#: Left behind by a run that was killed; no file of a pack.
PART = ".pack.json."

#: What every pack.json has, and what it says.
REQUIRED = {
    "schemaVersion": "1",
    "id": "the name that jobs ask for, such as 'liver-ct'",
    "version": "'major.minor.patch', such as '1.0.0'",
    "kind": "'label-map' or 'promptable-slices'",
    "title": "a line for people",
    "licence": "{'spdx': …}: the SPDX identifier of the licence of the weights, or 'NOASSERTION'",
    "intendedUse": "for what, and for what not; it goes into every manifest",
    "modalities": "a list such as ['ct']; the first is the default of a job",
    "model": "graph, input and output, preparation and classes",
}
GRAPHS = {"label-map": ("graph",), "promptable-slices": ("textEncoder", "imageEncoder", "decoder", "tokenizer")}


class PackError(ValueError):
    """What keeps a folder from being a pack: everything that was found, a line each, in `problems`."""

    def __init__(self, folder: Path, problems: List[str]) -> None:
        super().__init__(f"{folder} is not a pack yet:\n" + "\n".join(f"  {problem}" for problem in problems))
        self.problems = problems


def seal(folder: Union[str, "os.PathLike[str]"]) -> Dict[str, Any]:
    """Lists every file of a pack with its SHA-256 and size in bytes under `files` of its `pack.json`.

    Do it last: a worker refuses a pack whose files are not those that were sealed. This looks at what is there and what is
    not; `parse3d pack verify` then checks every field and runs the graphs.

    Returns the pack.json as it was written. Raises PackError with all that is missing; the file is then left as it was.
    """
    path = Path(folder)
    sheet = path / SHEET
    try:
        pack = json.loads(sheet.read_bytes(), parse_constant=_no_number)
    except FileNotFoundError:
        raise PackError(path, ["pack.json is missing"]) from None
    except OSError as error:
        raise PackError(path, [f"pack.json cannot be read: {error.strerror}"]) from None
    except (ValueError, RecursionError) as error:
        raise PackError(path, [f"pack.json is not JSON: {error}"]) from None
    if not isinstance(pack, dict):
        raise PackError(path, ["pack.json: expected an object"])

    problems = [f"{name} is missing; expected {wanted}" for name, wanted in REQUIRED.items() if name not in pack]
    names = [entry.name for entry in sorted(path.iterdir()) if entry.name != SHEET and not entry.name.startswith(PART)]
    for name in names:
        if not (path / name).is_file() or (path / name).is_symlink():
            problems.append(f"{name} is not a plain file; a pack is one folder of files")
        elif FILE_NAME.fullmatch(name) is None:
            problems.append(f"{name}: a file name has letters, digits, dots, dashes and underscores, and begins with one of the first two")
    model = pack.get("model")
    named = model if isinstance(model, dict) else {}
    if "model" in pack and not isinstance(model, dict):
        problems.append("model: expected an object")
    kind = pack.get("kind")
    for key in GRAPHS.get(kind, ()) if named and isinstance(kind, str) else ():
        graph = named.get(key)
        if graph is None:
            problems.append(f"model.{key} is missing; expected the name of a file in the folder, one of {names}")
        elif graph not in names:
            problems.append(f"model.{key} names {graph}, which is not in the folder; there are {names}")
    if problems:
        raise PackError(path, problems)

    pack["files"] = {name: {"sha256": _sha256(path / name), "bytes": (path / name).stat().st_size} for name in names}
    with whole(sheet) as file:
        file.write((json.dumps(pack, indent=2) + "\n").encode())
    return pack


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is not a number of JSON")


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
