"""Against a real server: PARSE3D_URL and PARSE3D_API_KEY name it, PARSE3D_TEST_VOLUME is a CT phantom of 24x20x12 voxels
in which bone has 700 HU and lung -750, PARSE3D_TEST_SERIES the folder of a DICOM series."""

import asyncio
import contextlib
import http.server
import io
import os
import tempfile
import threading
import unittest
import warnings
import zipfile
from pathlib import Path

import nibabel
import numpy

from parse3d import AsyncClient, Client, Problem
from parse3d._volumes import opened

VOLUME = os.environ["PARSE3D_TEST_VOLUME"]
SERIES = os.environ["PARSE3D_TEST_SERIES"]


class ClientTest(unittest.TestCase):
    def setUp(self):
        self.client = Client()
        self.addCleanup(self.client.close)

    def test_a_volume_becomes_masks_and_a_table(self):
        volume = nibabel.load(VOLUME)
        voxels = numpy.asanyarray(volume.dataobj)
        shares = []
        found = self.client.segment(
            VOLUME,
            ["bone", {"text": "soft tissue", "label": 7}],
            pack="ct-tissue",
            on_progress=lambda job: shares.append(job.get("progress", 0)),
        )
        for prompt, hounsfield in (("bone", 700), ("soft tissue", 45)):
            mask = found.masks[prompt].get_fdata() == 1
            inside = voxels == hounsfield
            # The pack takes no corner of the body that is thinner than 8 mm.
            self.assertFalse((mask & ~inside).any())
            self.assertGreater(mask.sum(), 0.99 * inside.sum())
            self.assertTrue(numpy.allclose(found.masks[prompt].affine, volume.affine, atol=1e-4))
            self.assertEqual(found.finding(prompt).voxels, int(mask.sum()))
        self.assertEqual(set(numpy.unique(found.labels.get_fdata())), {0, 1, 7})
        self.assertEqual(list(found.masks), ["bone", "soft tissue"])
        self.assertIs(found.finding(7), found.finding("soft tissue"))
        table = found.dataframe()
        self.assertEqual(list(table["label"]), [1, 7])
        self.assertAlmostEqual(table["volume_ml"][0], found.findings[0].volume_ml)
        self.assertEqual(table["intensity_mean"][0], 700)
        self.assertTrue(shares)
        with self.assertRaisesRegex(KeyError, "was not asked for"):
            found.masks["liver"]

    def test_bytes_images_and_open_files_are_one_volume(self):
        uploaded = [self.client.upload(volume) for volume in (Path(VOLUME), Path(VOLUME).read_bytes())]
        with open(VOLUME, "rb") as file:
            uploaded.append(self.client.upload(file))
        self.assertEqual(len({volume["sha256"] for volume in uploaded}), 1)
        image = self.client.upload(nibabel.load(VOLUME))
        self.assertEqual(image["geometry"]["shape"], [24, 20, 12])
        with self.assertRaisesRegex(TypeError, "is not a path"):
            self.client.upload(12)

    def test_a_folder_with_a_series_is_sent_whole_or_not_at_all(self):
        job = self.client.submit(self.client.upload(SERIES)["uri"], ["bone"], pack="ct-tissue")
        self.assertEqual(self.client.wait(job["id"])["status"], "completed")
        with tempfile.TemporaryDirectory() as folder:
            with self.assertRaisesRegex(ValueError, "holds no files"):
                self.client.upload(folder)
            for entry in Path(SERIES).iterdir():
                Path(folder, entry.name).symlink_to(entry.resolve())
            with self.assertRaisesRegex(ValueError, "is a link to a place outside"):
                self.client.upload(folder)
        for name, refusal in (("/etc", "is a link to a folder"), ("missing", "leads nowhere"), ("self", "leads nowhere")):
            with tempfile.TemporaryDirectory() as folder:
                Path(folder, "image").write_bytes(b"1")
                Path(folder, "self").symlink_to(name)
                with self.assertRaisesRegex(ValueError, refusal):
                    self.client.upload(folder)
        with tempfile.TemporaryDirectory() as folder:
            for number, entry in enumerate(sorted(Path(SERIES).iterdir())):
                Path(folder, f"Doe^Jane {number}.dcm").write_bytes(entry.read_bytes())
            Path(folder, ".env").write_text("secret")
            with self.assertWarnsRegex(UserWarning, "1 hidden files"), opened(folder) as (file, _):
                names = zipfile.ZipFile(file).namelist()
            self.assertEqual(names, [f"{number:06d}" for number in range(len(list(Path(SERIES).iterdir())))])
        with self.assertRaisesRegex(ValueError, "is empty"):
            self.client.upload("")

    def test_outputs_are_saved_and_checked(self):
        job = self.client.submit(self.client.upload(VOLUME)["uri"], ["bone"], pack="ct-tissue")
        job = self.client.wait(job["id"])
        with tempfile.TemporaryDirectory() as folder:
            saved = self.client.save(job["id"], folder)
            self.assertEqual({path.name for path in saved}, {output["name"] for output in job["outputs"]})
            self.assertEqual({path.name for path in Path(folder).iterdir()}, {path.name for path in saved})
        tampered = {**job, "outputs": [{**output, "sha256": "0" * 64} for output in job["outputs"]]}
        with self.assertRaises(Problem) as caught:
            self.client.output(tampered, "labels.nii.gz", io.BytesIO())
        self.assertEqual(caught.exception.code, "output-mismatch")
        with self.assertRaisesRegex(KeyError, "has no output"):
            self.client.output(job, "nothing.nii.gz", io.BytesIO())
        with tempfile.TemporaryDirectory() as folder:
            for name in ("../out.txt", "/tmp/out.txt", "..", "a/b", "a\n"):
                hostile = {**job, "outputs": [{**job["outputs"][0], "name": name}]}
                with self.assertRaisesRegex(Problem, "is not the name of a file"):
                    self.client.save(hostile, Path(folder, "found"))
            self.assertEqual(os.listdir(folder), ["found"])
            self.assertEqual(os.listdir(Path(folder, "found")), [])

    def test_events_end_with_the_job(self):
        job = self.client.submit(self.client.upload(VOLUME)["uri"], ["fat"], pack="ct-tissue")
        events = list(self.client.events(job["id"]))
        self.assertEqual(events[-1]["status"], "completed")
        self.assertEqual({event["jobId"] for event in events}, {job["id"]})

    def test_a_refusal_carries_its_code_and_what_was_meant(self):
        uri = self.client.upload(VOLUME)["uri"]
        with self.assertRaises(Problem) as caught:
            self.client.submit(uri, ["bonne"], pack="ct-tissue")
        self.assertEqual((caught.exception.code, caught.exception.status), ("prompt-unknown", 422))
        self.assertIn("bone", caught.exception.suggestions)
        self.assertFalse(caught.exception.retryable)
        with self.assertRaisesRegex(TypeError, "a list of texts"):
            self.client.submit(uri, "bone")
        stranger = Client(os.environ["PARSE3D_URL"], "p3d_wrong")
        self.addCleanup(stranger.close)
        with self.assertRaises(Problem) as caught:
            stranger.upload(os.urandom(8_000_000))
        self.assertEqual(caught.exception.code, "unauthorized")
        for address in ("localhost:8080", "http://a b/", "http://host/?q=1", "http://user:pw@host", "http://host\n"):
            with self.assertRaisesRegex(ValueError, "is not an address"):
                Client(address, "p3d_x")
        for identifier in ("..", "", "a/b"):
            with self.assertRaisesRegex(ValueError, "is not the id"):
                self.client.job(identifier)

    def test_a_volume_that_cannot_be_used_is_the_problem_of_its_upload_or_its_job(self):
        with self.assertRaises(Problem) as caught:
            self.client.segment(Path(VOLUME).read_bytes()[:400], ["bone"], pack="ct-tissue")
        self.assertFalse(caught.exception.retryable)

    def test_the_same_key_finds_the_same_job(self):
        uri = self.client.upload(VOLUME)["uri"]
        first, second = (self.client.submit(uri, ["fat"], pack="ct-tissue", idempotency_key="python-1") for _ in range(2))
        self.assertEqual(first["id"], second["id"])

    def test_a_batch_is_measured_run_and_reported(self):
        uri = self.client.upload(VOLUME)["uri"]
        source = {"kind": "items", "items": [{"uri": uri}, {"uri": uri, "prompts": ["fat"]}]}
        self.assertEqual(self.client.batches.measure(source, ["bone"], pack="ct-tissue")["total"], 2)
        batch = self.client.batches.submit(source, ["bone"], pack="ct-tissue", name="two")
        ended = self.client.batches.wait(batch["id"])
        self.assertEqual(ended["counts"]["completed"], 2)
        self.assertEqual(len(self.client.batches.items(batch["id"], "completed")), 2)
        file = io.BytesIO()
        self.client.batches.report(batch["id"], ended["reports"][0]["name"], file)
        self.assertTrue(file.getvalue())


class Passing(http.server.BaseHTTPRequestHandler):
    """Refuses each request once, then answers as a server that is not parse3d."""

    seen = []

    def do_GET(self):
        Passing.seen.append(self.path)
        first = Passing.seen.count(self.path) == 1
        if self.path.startswith("/v1/jobs/large"):
            return self.endless()
        self.send_response(503 if first else 200)
        self.send_header("Retry-After", "0")
        self.send_header("Content-Type", "application/json" if self.path.startswith("/v1/jobs/a") else "text/html")
        self.end_headers()
        self.wfile.write(b'{"id": "a", "status": "completed"}')

    def endless(self):
        self.send_response(200)
        self.end_headers()
        with contextlib.suppress(OSError):
            for _ in range(1000):
                self.wfile.write(bytes(1_000_000))

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(301)
        self.send_header("Location", "https://elsewhere.example/v1/volumes")
        self.end_headers()

    def log_message(self, *_):
        pass


class ConnectionTest(unittest.TestCase):
    def setUp(self):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Passing)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.client = Client(f"http://127.0.0.1:{server.server_port}", "p3d_x")
        self.addCleanup(self.client.close)
        Passing.seen.clear()

    def test_what_is_refused_for_now_is_sent_again(self):
        self.assertEqual(self.client.job("a")["status"], "completed")
        self.assertEqual(len(Passing.seen), 2)

    def test_another_servers_page_is_not_an_answer(self):
        with self.assertRaises(Problem) as caught:
            self.client.job("b")
        self.assertEqual(caught.exception.code, "foreign-answer")

    def test_a_request_that_changes_something_is_not_sent_on(self):
        for ask in (lambda: self.client.upload(b"1234"), lambda: self.client.submit("s3://a/b", ["bone"])):
            with self.assertRaisesRegex(Problem, "foreign-answer.*https://elsewhere.example"):
                ask()

    def test_an_answer_without_an_end_is_cut_off(self):
        job = {"id": "large", "status": "completed", "outputs": [{"name": "a", "sha256": "0", "bytes": 10}]}
        file = io.BytesIO()
        with self.assertRaisesRegex(Problem, "more than the 10 bytes"):
            self.client.output(job, "a", file)
        self.assertEqual(file.getvalue(), b"")
        with self.assertRaisesRegex(Problem, "running and has no outputs"):
            self.client.save({"id": "large", "status": "running"}, "nowhere")

    def test_a_server_that_is_not_there_is_no_answer(self):
        with self.assertRaises(Problem) as caught, Client("http://127.0.0.1:9", "p3d_x") as client:
            client.upload(b"1234")
        self.assertEqual((caught.exception.code, caught.exception.retryable), ("no-answer", True))


class AsyncClientTest(unittest.IsolatedAsyncioTestCase):
    async def test_several_volumes_at_once_give_what_the_blocking_client_gives(self):
        with Client() as blocking:
            expected = blocking.segment(VOLUME, ["bone"], pack="ct-tissue")
        async with AsyncClient() as client:
            found = await asyncio.gather(*(client.segment(VOLUME, ["bone"], pack="ct-tissue") for _ in range(3)))
            for result in found:
                self.assertEqual(result.findings, expected.findings)
                self.assertEqual(result.files["mask-1.nii.gz"], expected.files["mask-1.nii.gz"])
            job = await client.submit((await client.upload(VOLUME))["uri"], ["fat"], pack="ct-tissue")
            events = [event async for event in client.events(job["id"])]
            self.assertEqual(events[-1]["status"], "completed")
            with tempfile.TemporaryDirectory() as folder:
                self.assertTrue(await client.save(job["id"], folder))
            source = {"kind": "items", "items": [{"uri": job["input"]["uri"]}]}
            batch = await client.batches.submit(source, ["bone"], pack="ct-tissue")
            self.assertEqual((await client.batches.wait(batch["id"]))["counts"]["completed"], 1)
            with self.assertRaises(Problem) as caught:
                await client.submit(job["input"]["uri"], ["bonne"], pack="ct-tissue")
            self.assertEqual(caught.exception.code, "prompt-unknown")


if __name__ == "__main__":
    warnings.simplefilter("error", ResourceWarning)
    unittest.main()
