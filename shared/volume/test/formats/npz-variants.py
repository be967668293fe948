"""Writes .npz files as numpy does, in every type and order, and prints what is in them."""

import json
import pickle
import sys

import numpy as np

folder = json.loads(sys.argv[1])["folder"]
random = np.random.default_rng(7)
prompts = {"2": "right kidney", "1": "CT imaging of the spleen", "instance_label": 0}
found = []


def write(name, array, spacing, compressed=True, text=prompts):
    path = f"{folder}/{name}.npz"
    arrays = {"imgs": array, "spacing": np.asarray(spacing)}
    if text is not None:
        arrays["text_prompts"] = text
    (np.savez_compressed if compressed else np.savez)(path, **arrays)
    values = [float(value) for value in np.asarray(array, dtype=np.float64).ravel(order="C")]
    found.append({"path": path, "name": name, "shape": list(array.shape), "values": values})


base = random.integers(-100, 100, size=(3, 4, 5))
for kind in ["i1", "<i2", ">i2", "<i4", ">i4", "<i8", ">i8", "<f2", ">f2", "<f4", ">f4", "<f8", ">f8"]:
    write(f"type-{kind.strip('<>')}-{'big' if '>' in kind else 'little'}", base.astype(kind), [0.5, 0.75, 2.5])
for kind in ["u1", "<u2", ">u2", "<u4", "<u8"]:
    write(f"type-{kind.strip('<>')}-{'big' if '>' in kind else 'little'}", abs(base).astype(kind), [1, 2, 3])
write("bool", base > 0, np.array([1, 2, 3], dtype="float32"))
write("fortran", np.asfortranarray(base.astype("int16")), [1.0, 1.0, 4.0], compressed=False)
write("plain", base.astype("uint8"), [1.0, 1.0, 1.0], compressed=False, text=None)
write("instances", base.astype("uint8"), [1.0, 1.0, 1.0], text={"1": "nuclei", "instance_label": 1})
for protocol in [2, 3, 4, 5]:
    pickled = pickle.dumps(np.array(prompts, dtype=object), protocol=protocol)
    with open(f"{folder}/pickle-{protocol}.bin", "wb") as file:
        file.write(pickled)
print(json.dumps(found))
