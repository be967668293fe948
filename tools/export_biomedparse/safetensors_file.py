"""Finds the tensors of a .safetensors file: a length, a header in JSON, then the values in one piece."""

import json

from stored import Refused, Stored

LARGEST_HEADER = 100 << 20
DTYPES = {
    "F64": ("float64", 8),
    "F32": ("float32", 4),
    "F16": ("float16", 2),
    "BF16": ("bfloat16", 2),
    "I64": ("int64", 8),
    "I32": ("int32", 4),
    "I16": ("int16", 2),
    "I8": ("int8", 1),
    "U8": ("uint8", 1),
    "BOOL": ("bool", 1),
}


def header_length(start):
    """Length of the header, or None if a file that starts so is not one of safetensors. start: its first 9 bytes."""
    length = int.from_bytes(start[:8], "little")
    return length if start[8:9] == b"{" and 2 <= length <= LARGEST_HEADER else None


def read(path):
    """name to `Stored` for every tensor, and what form the file has. Raises `Refused`."""
    size = path.stat().st_size
    with open(path, "rb") as stream:
        length = header_length(stream.read(9))
        stream.seek(8)
        text = stream.read(length)
    begin = 8 + length
    try:
        header = json.loads(text)
        header.pop("__metadata__", None)
        found = {name: stored(path, begin, name, about) for name, about in header.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise Refused(f"{path}: its header cannot be read ({problem}); the download was cut off or the file is damaged: fetch it again") from problem
    end = max((entry.at + entry.length for entry in found.values()), default=begin)
    if end > size:
        raise Refused(f"{path} has {size:,} bytes and its header describes {end:,}: the download was cut off; fetch it again")
    return "safetensors", found


def stored(path, begin, name, about):
    """Where one tensor lies. about: its entry of the header."""
    dtype, width = DTYPES[about["dtype"]]
    shape = tuple(about["shape"])
    first, last = about["data_offsets"]
    stride, step = [], 1
    for length in reversed(shape):
        stride.insert(0, step)
        step *= length
    if last - first != step * width:
        raise ValueError(f"{name} has {last - first} bytes, expected {step * width}")
    return Stored(name, dtype, shape, tuple(stride), 0, begin + first, last - first).checked(path, width)
