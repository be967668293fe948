#!/usr/bin/env python3
"""Segments one volume on a parse3d server, and measures the image under every label.

Needs Python 3.9, nibabel, and nothing else:

    export PARSE3D_URL=http://127.0.0.1:8080 PARSE3D_API_KEY=p3d_…
    python3 segment.py t1.nii.gz --prompt thalamus --prompt "left hippocampus" --out found
"""

import argparse
import hashlib
import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

import nibabel
import numpy  # comes with nibabel

TRIES = 5
CHUNK = 1 << 20


class Refused(Exception):
    """An answer of the server that is no success, as RFC 9457 tells it."""

    def __init__(self, status, problem):
        super().__init__(problem.get("detail", f"HTTP {status}"))
        self.status = status
        self.code = problem.get("type", "").rsplit("/", 1)[-1]
        self.suggestions = problem.get("suggestions", [])


class Parse3d:
    """The HTTP API of one server."""

    def __init__(self, url, key):
        self.url = url.rstrip("/")
        self.key = key

    def send(self, method, path, body=None, headers=None):
        """Sends a request; 429 and 503 are tried again after as long as the server asks for."""
        for left in reversed(range(TRIES)):
            request = urllib.request.Request(self.url + path, data=body, method=method, headers=headers or {})
            request.add_header("Authorization", f"Bearer {self.key}")
            try:
                return urllib.request.urlopen(request, timeout=120)
            except urllib.error.HTTPError as error:
                with error:
                    problem = parse_problem(error.read())
                # A file that was sent is at its end.
                again = error.code in (429, 503) and left > 0 and not hasattr(body, "read")
                if not again:
                    raise Refused(error.code, problem) from error
                time.sleep(min(30, float(error.headers.get("Retry-After") or 1)))
        raise AssertionError("the last try returns or raises")

    def json(self, method, path, body=None, headers=None):
        data = None if body is None else json.dumps(body).encode()
        sent = {**({} if body is None else {"Content-Type": "application/json"}), **(headers or {})}
        with self.send(method, path, data, sent) as response:
            return json.load(response)

    def upload(self, path):
        """Stores a file on the server, streamed, and returns its URI."""
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(os.path.getsize(path))}
        with open(path, "rb") as file, self.send("POST", "/v1/volumes", file, headers) as response:
            return json.load(response)["uri"]

    def submit(self, uri, prompts, pack=None):
        body = {"input": {"uri": uri}, "prompts": prompts, **({} if pack is None else {"pack": pack})}
        # Should the answer be lost, the same key finds the same job.
        key = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
        return self.json("POST", "/v1/jobs", body, {"Idempotency-Key": key})

    def wait(self, job_id, tell):
        """Asks for the job until it has ended, less and less often."""
        pause = 0.2
        while True:
            job = self.json("GET", f"/v1/jobs/{job_id}")
            tell(job)
            if job["status"] in ("completed", "failed", "canceled"):
                return job
            time.sleep(pause)
            pause = min(pause * 1.3, 5)

    def download(self, job, folder):
        """Brings every output into the folder, and checks each against its SHA-256."""
        os.makedirs(folder, exist_ok=True)
        for output in job["outputs"]:
            # What a server names is a file name here only when it is one.
            name = os.path.basename(output["name"])
            path = os.path.join(folder, name)
            digest = hashlib.sha256()
            with self.send("GET", f"/v1/jobs/{job['id']}/outputs/{urllib.parse.quote(name)}") as response:
                with open(path + ".part", "wb") as file:
                    while chunk := response.read(CHUNK):
                        digest.update(chunk)
                        file.write(chunk)
            if digest.hexdigest() != output["sha256"]:
                raise SystemExit(f"{name} is not what the job says (SHA-256)")
            os.replace(path + ".part", path)


def parse_problem(body):
    try:
        problem = json.loads(body)
    except ValueError:
        return {}
    return problem if isinstance(problem, dict) else {}


def measure(volume_path, labels_path, prompts):
    """Volume and intensities of the image under every label."""
    image, labels = nibabel.load(volume_path), nibabel.load(labels_path)
    if labels.shape != image.shape or not numpy.allclose(labels.affine, image.affine, atol=1e-4):
        raise SystemExit("the label map does not lie on the grid of the image")
    values = image.get_fdata(dtype=numpy.float32)
    numbers = numpy.asanyarray(labels.dataobj)
    ml_per_voxel = abs(numpy.linalg.det(labels.affine[:3, :3])) / 1000
    for prompt in prompts:
        inside = values[numbers == prompt["label"]]
        yield {
            "label": prompt["label"],
            "prompt": prompt["text"],
            "voxels": int(inside.size),
            "ml": round(float(inside.size * ml_per_voxel), 3),
            "mean": round(float(inside.mean()), 2) if inside.size else None,
            "sd": round(float(inside.std()), 2) if inside.size else None,
        }


def main():
    parser = argparse.ArgumentParser(description="Segments one volume on a parse3d server.")
    parser.add_argument("volume", help="a .nii or .nii.gz file")
    parser.add_argument("--prompt", action="append", required=True, help="what to find; several times for several")
    parser.add_argument("--pack", help="model (else the server's default)")
    parser.add_argument("--out", default="found", help="folder for the results (default: found)")
    parser.add_argument("--url", default=os.environ.get("PARSE3D_URL", "http://127.0.0.1:8080"))
    parser.add_argument("--key", default=os.environ.get("PARSE3D_API_KEY", ""))
    parser.add_argument("--json", action="store_true", help="print the measurements as JSON")
    options = parser.parse_args()

    def tell(job):
        progress = f" {job['progress']:.0%}" if "progress" in job else ""
        print(f"{job['id']}: {job['status']}{progress}", file=sys.stderr)

    server = Parse3d(options.url, options.key)
    try:
        uri = server.upload(options.volume)
        job = server.wait(server.submit(uri, options.prompt, options.pack)["id"], tell)
    except Refused as refused:
        hint = f"; did you mean: {', '.join(refused.suggestions)}?" if refused.suggestions else ""
        raise SystemExit(f"{refused.code}: {refused}{hint}") from refused
    except urllib.error.URLError as error:
        raise SystemExit(f"no answer from {options.url}: {error.reason}") from error
    if job["status"] != "completed":
        raise SystemExit(f"the job {job['status']}: {job.get('problem', {}).get('detail', '')}")
    server.download(job, options.out)

    rows = list(measure(options.volume, os.path.join(options.out, "labels.nii.gz"), job["prompts"]))
    if options.json:
        print(json.dumps(rows, indent=2))
        return
    print(f"{'label':>5}  {'prompt':<24}  {'ml':>10}  {'voxels':>9}  {'mean':>9}  {'sd':>8}")
    for row in rows:
        mean, sd = ("" if row[name] is None else row[name] for name in ("mean", "sd"))
        print(f"{row['label']:>5}  {row['prompt']:<24}  {row['ml']:>10}  {row['voxels']:>9}  {mean:>9}  {sd:>8}")


if __name__ == "__main__":
    main()
