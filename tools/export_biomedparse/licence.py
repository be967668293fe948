"""The licence of the weights, as whoever holds them reads it: this exporter asserts none."""

import re
import sys

STATEMENTS = (
    "statements differ: the published code says MIT, the card in the Azure catalogue says MIT, "
    "a stored card of the gated repository says CC-BY-NC-SA-4.0"
)


def of_weights(stated):
    """The SPDX identifier: as stated on the command line, else as answered at the terminal, else NOASSERTION."""
    if stated is None and sys.stdin.isatty() and sys.stderr.isatty():
        print(f"Under which licence did you get these weights? The {STATEMENTS}.", file=sys.stderr)
        print("SPDX identifier, or nothing if you do not know: ", end="", file=sys.stderr, flush=True)
        stated = sys.stdin.readline().strip()
    if not stated:
        print(f"The pack states no licence for its weights (NOASSERTION): the {STATEMENTS}; --weights-licence states yours.", file=sys.stderr)
        return "NOASSERTION"
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.+-]*", stated):
        raise SystemExit(f"--weights-licence {stated!r} is not an SPDX identifier such as MIT, CC-BY-NC-SA-4.0 or NOASSERTION")
    return stated


def entry(spdx):
    """What pack.json says: the identifier, and where its text is."""
    if spdx == "NOASSERTION" or spdx.startswith("LicenseRef-"):
        return {"spdx": spdx}
    return {"spdx": spdx, "url": f"https://spdx.org/licenses/{spdx}.html"}
