"""The licence of the weights, as whoever holds them reads it: this exporter asserts none."""

import re
import sys

STATEMENTS = (
    "statements differ: the published code says MIT, the card in the Azure catalogue says MIT, "
    "a stored card of the gated repository says CC-BY-NC-SA-4.0"
)


def of_weights(stated):
    """The SPDX identifier: as stated on the command line, else as answered at the terminal."""
    if stated is None and sys.stdin.isatty() and sys.stderr.isatty():
        print(f"Under which licence did you get these weights? The {STATEMENTS}.", file=sys.stderr)
        print("SPDX identifier, or NOASSERTION if you do not know: ", end="", file=sys.stderr, flush=True)
        stated = sys.stdin.readline().strip()
    if not stated:
        raise SystemExit(
            f"--weights-licence is missing: say under which licence you got the weights, as an SPDX identifier; the {STATEMENTS}; "
            "NOASSERTION if you do not know"
        )
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.+-]*", stated):
        raise SystemExit(f"--weights-licence {stated!r} is not an SPDX identifier such as MIT, CC-BY-NC-SA-4.0 or NOASSERTION")
    return stated


def entry(spdx):
    """What pack.json says: the identifier, and where its text is."""
    if spdx == "NOASSERTION" or spdx.startswith("LicenseRef-"):
        return {"spdx": spdx}
    return {"spdx": spdx, "url": f"https://spdx.org/licenses/{spdx}.html"}
