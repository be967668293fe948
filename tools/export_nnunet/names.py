"""From nnU-Net's label names to what people type: words without underscores, and the side apart."""

import re

SIDES = {"left": "left", "right": "right", "l": "left", "r": "right"}


def words_of(name):
    return [word for word in re.split(r"[\s_\-.]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", name.strip())) if word]


def target_of(name):
    """{name, side?} of a label: `kidney_left` is the left kidney."""
    words = words_of(name)
    sides = {SIDES[word.lower()] for word in words if word.lower() in SIDES}
    rest = [word for word in words if word.lower() not in SIDES]
    if len(sides) != 1 or not rest:
        return {"name": " ".join(words) or name}
    return {"name": " ".join(rest), "side": sides.pop()}


def classes_of(labels):
    """The pack's classes, by channel. labels: `plans.Labels`.

    Of a regions-based network, channel n is the label that head n writes. A region of several labels is a synonym of
    each, and so names them together; a label without a name of its own is called after its smallest region.
    """
    order = labels.values if labels.heads is None else labels.heads
    classes, taken = [], set()
    for channel, value in enumerate(order, start=1):
        holding = sorted((name for name, values in labels.regions.items() if value in values), key=lambda name: len(labels.regions[name]))
        groups = [name for name in holding if len(labels.regions[name]) > 1]
        own = [name for name in holding if len(labels.regions[name]) == 1]
        target = target_of(own[0]) if own else {"name": f"{' '.join(words_of(groups[0]))} alone" if groups else f"label {value}"}
        if (target["name"].lower(), target.get("side")) in taken:
            target = {"name": f"{target['name']} {value}"}
        taken.add((target["name"].lower(), target.get("side")))
        synonyms = [" ".join(words_of(name)) for name in (*own[1:], *groups)]
        classes.append({"channel": channel, **target, **({"synonyms": synonyms} if synonyms else {})})
    return classes


MODALITIES = (
    ("ct", re.compile(r"^(ct|cta|cbct|.*\bct\b.*)$", re.I)),
    ("pet", re.compile(r"\bpet\b|\bsuv\b", re.I)),
    ("us", re.compile(r"ultrasound|^us$", re.I)),
    ("em", re.compile(r"^em$|electron", re.I)),
    ("mr", re.compile(r"mr|^t1|^t2|flair|^adc|dwi|^pd", re.I)),
)


def modality_of(channel):
    """parse3d's modality of a channel's name in dataset.json, or None."""
    return next((code for code, pattern in MODALITIES if pattern.search(channel)), None)
