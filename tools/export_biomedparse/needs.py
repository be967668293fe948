"""What must be installed before an export can begin: said in a sentence, before anything is read."""

import importlib.util
import sys

PACKAGES = ("numpy", "torch", "onnx")


def check():
    """Raises SystemExit with what this Python lacks."""
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise SystemExit(
            f"{sys.executable} has no {', '.join(missing)}: install them for it (pip install {' '.join(missing)}), or on "
            "Debian apt-get install python3-torch python3-onnx, and run this with /usr/bin/python3"
        )
