"""Finds the tensors of a PyTorch file (.ckpt, .pt, .pth, .bin) without running what it holds.

Such a file is a zip: `data.pkl` is a pickle of the whole object, and every storage is an entry of its
own beside it. A pickle can call any function that it names. Here only tensors, storages and ordered
dictionaries can be built; every other name becomes an inert `Foreign`. Storages are only noted, so
that nobody reads those that nobody asks for.
"""

import collections
import io
import pickle
import struct
import zipfile
import zlib

from stored import Refused, Stored

#: Entries of a pickle past this size are not weights.
LARGEST_PICKLE = 256 << 20

#: Storage classes and dtypes that a file may name, and the dtype that each stands for.
DTYPES = {
    "DoubleStorage": "float64",
    "FloatStorage": "float32",
    "HalfStorage": "float16",
    "BFloat16Storage": "bfloat16",
    "LongStorage": "int64",
    "IntStorage": "int32",
    "ShortStorage": "int16",
    "CharStorage": "int8",
    "ByteStorage": "uint8",
    "BoolStorage": "bool",
    **{name: name for name in ("float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool")},
}
WIDTHS = {"float64": 8, "int64": 8, "float32": 4, "int32": 4, "float16": 2, "bfloat16": 2, "int16": 2, "int8": 1, "uint8": 1, "bool": 1}


class Foreign:
    """Stands for anything that the file names and this reader does not build. It does nothing."""

    named = "?"

    def __new__(cls, *_args, **_kwargs):
        return object.__new__(cls)

    def __init__(self, *_args, **_kwargs):
        pass

    def __setstate__(self, _state):
        pass

    def __setitem__(self, _key, _value):
        pass

    def append(self, _value):
        pass

    def extend(self, _values):
        pass


class Storage:
    """A storage that the pickle refers to: the entry's key, its dtype (None if untyped), its elements."""

    __slots__ = ("key", "dtype", "count")

    def __init__(self, key, dtype, count):
        self.key, self.dtype, self.count = key, dtype, count


class Tensor:
    """A tensor that the pickle describes: a view of a storage."""

    __slots__ = ("storage", "dtype", "first", "shape", "stride")

    def __init__(self, storage, dtype, first, shape, stride):
        self.storage, self.dtype, self.first = storage, dtype, first
        self.shape, self.stride = tuple(shape), tuple(stride)


class Maker:
    """A function that the pickle may call. It cannot be changed from within the pickle."""

    __slots__ = ("make",)

    def __init__(self, make):
        self.make = make

    def __call__(self, *args):
        return self.make(*args)

    def __setstate__(self, _state):
        raise pickle.UnpicklingError("the file tries to change its reader")


class Dtype:
    """A dtype or a storage class by its name."""

    __slots__ = ("name",)

    def __init__(self, name):
        self.name = name

    def __setstate__(self, _state):
        raise pickle.UnpicklingError("the file tries to change its reader")


def _tensor_v2(storage, first, shape, stride, *_rest):
    return Tensor(storage, storage.dtype, first, shape, stride)


def _tensor_v3(storage, first, shape, stride, _grad, _hooks, dtype, *_rest):
    return Tensor(storage, dtype.name, first, shape, stride)


def _parameter(data, *_rest):
    return data


def _typed(make, _kind, args, _state):
    """A tensor of a subclass, or with attributes: the plain tensor of it."""
    return make(*args) if isinstance(make, Maker) else Foreign()


MAKERS = {
    ("torch._utils", "_rebuild_tensor_v2"): _tensor_v2,
    ("torch._utils", "_rebuild_tensor_v3"): _tensor_v3,
    ("torch._utils", "_rebuild_parameter"): _parameter,
    ("torch._utils", "_rebuild_parameter_with_state"): _parameter,
    ("torch._tensor", "_rebuild_from_type_v2"): _typed,
    ("torch", "Size"): tuple,
}


class Reader(pickle.Unpickler):
    """Unpickles with nothing but the names above within its reach."""

    def find_class(self, module, name):
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) in MAKERS:
            return Maker(MAKERS[module, name])
        if module == "torch" and name in DTYPES:
            return Dtype(DTYPES[name])
        if (module, name) in (("torch.storage", "UntypedStorage"), ("torch", "UntypedStorage")):
            return Dtype(None)
        return type("Foreign", (Foreign,), {"named": f"{module}.{name}"})

    def persistent_load(self, reference):
        kind, dtype, key, _place, count = reference
        if kind != "storage" or not isinstance(dtype, Dtype):
            raise pickle.UnpicklingError(f"it refers to {kind!r} of {named(dtype)}, expected a storage")
        return Storage(str(key), dtype.name, int(count))


def named(value):
    """What a value of the pickle is, in words for a message."""
    if isinstance(value, Foreign):
        return value.named
    if isinstance(value, type) and issubclass(value, Foreign):
        return value.named
    return type(value).__name__


def read(path):
    """name to `Stored` for every tensor of the file's state dict, and what form the file has.

    path: a file that begins as a zip. Raises `Refused` with one sentence.
    """
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError, OSError) as problem:
        size = path.stat().st_size
        raise Refused(
            f"{path} begins as a PyTorch file and has no end ({size:,} bytes): the download was cut off; "
            "fetch it again and compare the size with the one that the download page states (biomedparse_v2.ckpt: 4,460,902,829 bytes)"
        ) from problem
    with archive, open(path, "rb") as stream:
        entries = {entry.filename: entry for entry in archive.infolist()}
        root = find_root(path, entries)
        value = unpickle(path, stream, entries[f"{root}data.pkl"])
        order = entries.get(f"{root}byteorder")
        if order is not None and content_of(path, stream, order).strip() == b"big":
            raise Refused(f"{path} was written on a big-endian machine; save it again on a little-endian one")
        form, state = state_of(path, value)
        return form, {name: stored(path, stream, entries, root, name, tensor) for name, tensor in state.items()}


def find_root(path, entries):
    """The folder in the zip that holds data.pkl, with its slash."""
    found = [name for name in entries if name == "data.pkl" or name.endswith("/data.pkl")]
    if len(found) != 1:
        raise Refused(f"{path} is a zip, but not of PyTorch: it has {len(found)} files data.pkl, expected 1")
    root = found[0][: -len("data.pkl")]
    if f"{root}constants.pkl" in entries:
        raise Refused(f"{path} is a TorchScript program; give the checkpoint that it was made from")
    return root


def begin_of(path, stream, entry):
    """Where an entry's bytes begin in the file, by the header in front of them."""
    stream.seek(entry.header_offset)
    header = stream.read(30)
    if len(header) < 30 or header[:4] != b"PK\x03\x04":
        raise Refused(f"{path}: {entry.filename} is not where the file says; it is damaged: fetch it again")
    if entry.compress_type != zipfile.ZIP_STORED:
        raise Refused(f"{path} was zipped a second time; unpack it, and give the checkpoint as it was published")
    name_length, extra_length = struct.unpack("<HH", header[26:30])
    return entry.header_offset + 30 + name_length + extra_length


def content_of(path, stream, entry):
    """The bytes of a small entry."""
    stream.seek(begin_of(path, stream, entry))
    content = stream.read(entry.file_size)
    # PyTorch can leave the sums out, and then writes 0 for each.
    if entry.CRC and zlib.crc32(content) != entry.CRC:
        raise Refused(f"{path}: {entry.filename} does not have the checksum that the file states; it is damaged: fetch it again")
    return content


def unpickle(path, stream, entry):
    """The object of data.pkl, with everything foreign left inert."""
    if entry.file_size > LARGEST_PICKLE:
        raise Refused(f"{path}: its data.pkl has {entry.file_size:,} bytes, more than any checkpoint of this model needs")
    content = content_of(path, stream, entry)
    try:
        return Reader(io.BytesIO(content)).load()
    except Exception as problem:  # A damaged or hostile pickle can fail in any way.
        raise Refused(f"{path}: its data.pkl cannot be read ({problem}); the file is damaged, or not of PyTorch: fetch it again") from problem


def state_of(path, value):
    """(form, state dict) of what the file holds: a Lightning checkpoint's `state_dict`, or the bare one."""
    if not isinstance(value, dict):
        raise Refused(f"{path} holds a {named(value)}, not weights; give a checkpoint or a state dict (torch.save(model.state_dict(), …))")
    for wrapper in ("state_dict", "model"):
        if wrapper in value and not isinstance(value[wrapper], Tensor):
            state, form = value[wrapper], f"checkpoint, its {wrapper}"
            break
    else:
        state, form = value, "bare state dict"
    if not isinstance(state, dict):
        raise Refused(f"{path}: its {wrapper} is a {named(state)}, expected a dictionary of tensors")
    for name, tensor in state.items():
        if not isinstance(name, str) or not isinstance(tensor, Tensor):
            if form == "bare state dict":
                keys = ", ".join(str(key) for key in list(value)[:8])
                raise Refused(f"{path} has no state_dict, only: {keys}; is this the checkpoint of BiomedParse v2?")
            raise Refused(f"{path}: {name!r} in its state dict is a {named(tensor)}, expected a tensor; nothing foreign is loaded")
    return form, state


def stored(path, stream, entries, root, name, tensor):
    """Where a tensor's values lie in the file."""
    storage = tensor.storage
    entry = entries.get(f"{root}data/{storage.key}") if isinstance(storage, Storage) else None
    if entry is None or tensor.dtype not in WIDTHS:
        raise Refused(f"{path}: the values of {name} are missing from the file; it is damaged: fetch it again")
    run = begin_of(path, stream, entry), entry.file_size, entry.CRC
    return Stored(name, tensor.dtype, tensor.shape, tensor.stride, tensor.first, *run).checked(path, WIDTHS[tensor.dtype])
