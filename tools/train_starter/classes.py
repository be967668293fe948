"""What the starter model tells apart: FreeSurfer label numbers, exclusive classes, and the targets made of them."""
from __future__ import annotations

import numpy as np

MIDLINE = ["third ventricle", "fourth ventricle", "brainstem"]

# FreeSurfer numbers on the left and on the right. Choroid plexus (136, 137, 163, 164 in these label maps) lies in
# its ventricle and counts as ventricle; lesions count as white matter; vessels lie in the putamen.
PAIRED: dict[str, tuple[list[int], list[int]]] = {
    "cerebral white matter": ([2, 25], [41, 57]),
    "cerebral cortex": ([3], [42]),
    "lateral ventricle": ([4, 136], [43, 163]),
    "inferior lateral ventricle": ([5, 137], [44, 164]),
    "cerebellar white matter": ([7], [46]),
    "cerebellar cortex": ([8], [47]),
    "thalamus": ([10], [49]),
    "caudate": ([11], [50]),
    "putamen": ([12, 30], [51, 62]),
    "pallidum": ([13], [52]),
    "hippocampus": ([17], [53]),
    "amygdala": ([18], [54]),
    "accumbens": ([26], [58]),
    "ventral diencephalon": ([28], [60]),
}
UNPAIRED: dict[str, list[int]] = {
    "outer cerebrospinal fluid": [24],
    "third ventricle": [14],
    "fourth ventricle": [15],
    "brainstem": [16],
}

# Class 0 is everything else: air, head tissue, optic chiasm.
CLASSES: list[str] = (
    ["background"] + list(UNPAIRED) + [f"left {name}" for name in PAIRED] + [f"right {name}" for name in PAIRED]
)
CLASS_INDEX = {name: index for index, name in enumerate(CLASSES)}


def _freesurfer_to_class() -> dict[int, int]:
    table = {number: CLASS_INDEX[name] for name, numbers in UNPAIRED.items() for number in numbers}
    for name, (left, right) in PAIRED.items():
        table.update({number: CLASS_INDEX[f"left {name}"] for number in left})
        table.update({number: CLASS_INDEX[f"right {name}"] for number in right})
    return table


FREESURFER_TO_CLASS = _freesurfer_to_class()

# Mirror image of every class.
MIRROR = np.array(
    [
        CLASS_INDEX[("right " + n[5:]) if n.startswith("left ") else ("left " + n[6:]) if n.startswith("right ") else n]
        for n in CLASSES
    ],
    dtype=np.uint8,
)

# A target without sides is a list of class names; one with sides lists names without their side.
SIDED_TARGETS: dict[str, list[str]] = {
    **{name: [name] for name in PAIRED},
    "cerebellum": ["cerebellar white matter", "cerebellar cortex"],
    "cerebral hemisphere": [
        "cerebral white matter", "cerebral cortex", "lateral ventricle", "inferior lateral ventricle", "thalamus",
        "caudate", "putamen", "pallidum", "hippocampus", "amygdala", "accumbens", "ventral diencephalon",
    ],
    "basal ganglia": ["caudate", "putamen", "pallidum", "accumbens"],
}
# The outer cerebrospinal fluid is no part of "brain"; the ventricles are.
MIDLINE_TARGETS: dict[str, list[str]] = {
    "brain": [name for name in CLASSES if name not in ("background", "outer cerebrospinal fluid")],
    "brainstem": ["brainstem"],
    "third ventricle": ["third ventricle"],
    "fourth ventricle": ["fourth ventricle"],
    "outer cerebrospinal fluid": ["outer cerebrospinal fluid"],
    "ventricles": [
        f"{side} {name}" for side in ("left", "right") for name in ("lateral ventricle", "inferior lateral ventricle")
    ] + ["third ventricle", "fourth ventricle"],
}

# How many connected parts a compact target has, on one side and of both sides together. What touches its other side at
# the midline may be one part, and a speck then stays as the second. Large targets fall apart where a scan shows only some
# centimetres of a head, so only their specks go; small ones get no limit in ml, which could take all of them. Fluid in
# sulci, the temporal horns and the ventricles together may be in any number of small parts.
SPECKS: dict[str, dict] = {
    "brain": {"removeBelowMl": 2},
    "cerebral hemisphere": {"removeBelowMl": 2},
    "cerebral white matter": {"removeBelowMl": 1},
    "cerebral cortex": {"removeBelowMl": 1},
}
KEPT_ON_ONE_SIDE: dict[str, dict] = {
    **{name: {"keepLargest": 1} for name in SIDED_TARGETS if name != "inferior lateral ventricle"},
    "basal ganglia": {"keepLargest": 2},
    **SPECKS,
}
KEPT_OF_BOTH_SIDES: dict[str, dict] = {
    **{name: {"keepLargest": 2} for name in SIDED_TARGETS if name != "inferior lateral ventricle"},
    "basal ganglia": {"keepLargest": 4},
    "cerebellum": {"keepLargest": 1},
    "cerebellar cortex": {"keepLargest": 1},
    **{name: {"keepLargest": 1} for name in ("brainstem", "third ventricle", "fourth ventricle")},
    **SPECKS,
}


def kept_parts(name: str, side: str | None) -> dict:
    """What pack.json says of a target's connected parts; nothing where all of them stay."""
    return (KEPT_OF_BOTH_SIDES if side is None else KEPT_ON_ONE_SIDE).get(name, {})


def targets() -> dict[tuple[str, str | None], np.ndarray]:
    """Every (name, side) and its class weights, 0 or 1; side is left, right or None for both or neither."""
    found: dict[tuple[str, str | None], np.ndarray] = {}
    for name, parts in SIDED_TARGETS.items():
        for side in ("left", "right"):
            found[(name, side)] = _weights([f"{side} {part}" for part in parts])
        found[(name, None)] = found[(name, "left")] + found[(name, "right")]
    for name, parts in MIDLINE_TARGETS.items():
        found[(name, None)] = _weights(parts)
    return found


def _weights(names: list[str]) -> np.ndarray:
    weights = np.zeros(len(CLASSES), np.float32)
    weights[[CLASS_INDEX[name] for name in names]] = 1
    return weights
