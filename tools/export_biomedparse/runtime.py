"""ONNX Runtime from Python: its own Python build where there is one, else Node's, by `ort_run.mjs`."""

import importlib.util
import json
import os
import pathlib
import subprocess
import tempfile
import time

import numpy as np

HERE = pathlib.Path(__file__).parent


def open_session(path, threads=2, profile=None):
    """A session on one graph. Use it in a `with` statement."""
    try:
        import onnxruntime
    except ImportError:
        return NodeSession(path, threads, profile)
    return PythonSession(onnxruntime, path, threads)


def require():
    """Raises SystemExit where no ONNX Runtime can be had: better before hours of reading than after."""
    if importlib.util.find_spec("onnxruntime") is not None:
        return
    try:
        probe = subprocess.run(["node", str(HERE / "ort_run.mjs"), "--probe"], capture_output=True, check=False)
    except FileNotFoundError:
        probe = None
    if probe is None or probe.returncode != 0:
        raise SystemExit(
            "the graphs are compared with the network in ONNX Runtime, which is not here: run npm ci in the repository "
            "(or set NODE_PACKAGES to a folder that has onnxruntime-node), or pip install onnxruntime"
        )


class PythonSession:
    """onnxruntime's Python build."""

    kind = "onnxruntime (Python)"

    def __init__(self, onnxruntime, path, threads):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
        self.inputs = [i.name for i in self.session.get_inputs()]
        self.outputs = [o.name for o in self.session.get_outputs()]

    def __enter__(self):
        return self

    def __exit__(self, *_reason):
        self.session = None

    def run(self, feeds, repeat=1):
        """(outputs by name, seconds of each run, None)."""
        seconds = []
        for _ in range(repeat):
            before = time.perf_counter()
            results = self.session.run(None, feeds)
            seconds.append(time.perf_counter() - before)
        return dict(zip(self.outputs, results)), seconds, None


class NodeSession:
    """onnxruntime-node in a child process; tensors travel as raw files in a temporary folder."""

    kind = "onnxruntime-node"

    def __init__(self, path, threads, profile):
        self.folder = tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
        command = ["node", str(HERE / "ort_run.mjs"), str(path), str(threads), "all"]
        self.process = subprocess.Popen(
            command + ([str(profile)] if profile else []),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        ready = self._answer()
        self.inputs, self.outputs = ready["inputs"], ready["outputs"]

    def __enter__(self):
        return self

    def __exit__(self, *_reason):
        self.process.stdin.close()
        self.process.wait(timeout=60)
        self.process.stdout.close()
        self.folder.cleanup()

    def _answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(
                "node ended before it answered; ort_run.mjs needs the npm package onnxruntime-node "
                "(npm install in the repository, or NODE_PACKAGES=<a folder that has it>)"
            )
        message = json.loads(line)
        if "error" in message:
            raise RuntimeError(message["error"])
        return message

    def run(self, feeds, repeat=1):
        """(outputs by name, seconds of each run, peak bytes of the process so far)."""
        folder = pathlib.Path(self.folder.name)
        inputs = {}
        for name, value in feeds.items():
            file = folder / f"in-{name}.bin"
            np.ascontiguousarray(value).tofile(file)
            inputs[name] = {"file": str(file), "type": str(value.dtype), "shape": list(value.shape)}
        files = {name: str(folder / f"out-{name}.bin") for name in self.outputs}
        self.process.stdin.write(json.dumps({"inputs": inputs, "outputs": files, "repeat": repeat}) + "\n")
        self.process.stdin.flush()
        message = self._answer()
        results = {
            name: np.fromfile(files[name], dtype=spec["type"]).reshape(spec["shape"])
            for name, spec in message["outputs"].items()
        }
        return results, message["seconds"], message["peakBytes"]
