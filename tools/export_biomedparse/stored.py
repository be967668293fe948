"""Where a tensor lies in a file of weights, whatever the file's form."""

import dataclasses


class Refused(SystemExit):
    """A file that cannot be used: one sentence that says what it is and what to do."""


@dataclasses.dataclass(frozen=True)
class Stored:
    """A tensor as the file holds it: a view of a run of bytes.

    dtype: PyTorch's name of it. shape, stride, first: in elements. at, length: the run of bytes of its
    storage in the file. crc: CRC-32 of that run, or None where the file has none.
    """

    name: str
    dtype: str
    shape: tuple
    stride: tuple
    first: int
    at: int
    length: int
    crc: "int | None" = None

    def checked(self, path, width):
        """Itself, if the view lies within its run of bytes. width: bytes of an element."""
        sizes = (self.first, *self.shape, *self.stride)
        sane = len(self.shape) == len(self.stride) and all(isinstance(n, int) and n >= 0 for n in sizes)
        last = self.first + sum((n - 1) * step for n, step in zip(self.shape, self.stride)) if sane else 0
        if not sane or (0 not in self.shape and (last + 1) * width > self.length):
            raise Refused(f"{path}: {self.name} reaches beyond its own values; the file is damaged: fetch it again")
        return self
