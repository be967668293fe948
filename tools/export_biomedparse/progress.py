"""How far a long step is: a bar at a terminal, one line a stage elsewhere."""

import shutil
import sys
import time


def say(message):
    """One line on stderr."""
    print(message, file=sys.stderr, flush=True)


class Bar:
    """A bar of one step at a terminal; nothing but its title elsewhere. Use it in a `with` statement.

    title: what is done. total: in the unit that `unit` turns into text.
    """

    def __init__(self, title, total, unit=str, stream=None):
        self.title, self.total, self.unit = title, total, unit
        self.stream = stream or sys.stderr
        self.live = self.stream.isatty()
        self.started = time.monotonic()
        self.drawn = 0.0

    def __enter__(self):
        if self.live:
            self.draw(0)
        else:
            print(self.title, file=self.stream, flush=True)
        return self

    def __exit__(self, *_reason):
        if self.live:
            self.stream.write("\n")
            self.stream.flush()

    def at(self, done):
        """Shows how much is done; at most ten times a second."""
        now = time.monotonic()
        if self.live and (done >= self.total or now - self.drawn >= 0.1):
            self.drawn = now
            self.draw(done)

    def draw(self, done):
        share = done / self.total if self.total else 1.0
        tail = f" {self.unit(done)} of {self.unit(self.total)}, {time.monotonic() - self.started:.0f} s"
        room = shutil.get_terminal_size().columns - len(self.title) - len(tail) - 4
        width = max(0, min(30, room))
        bar = "█" * round(width * share) + "░" * (width - round(width * share))
        self.stream.write(f"\r{self.title} {bar}{tail}\x1b[K")
        self.stream.flush()


def gigabytes(count):
    """1487195136 as 1.49 GB."""
    return f"{count / 1e9:.2f} GB" if count >= 1e8 else f"{count / 1e6:.1f} MB"
