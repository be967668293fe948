"""The result of a job: findings, and masks on the grid of the volume."""

from __future__ import annotations

import gzip
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Iterator, Mapping, Optional, Union

from .documents import Job

if TYPE_CHECKING:
    import nibabel
    import pandas


@dataclass(frozen=True)
class Finding:
    """What was found for one prompt.

    verdict: ``present`` or ``absent``.
    recommended: False for a prompt that the pack was not made for; `suggestion` names what was probably meant.
    measures: surface, diameter, place, intensities and parts, with the names and units of the manifest; None for an
        empty mask.
    """

    label: int
    prompt: str
    verdict: str
    voxels: int
    volume_ml: float
    mean_probability: Optional[float]
    existence: Optional[float]
    recommended: bool
    suggestion: Optional[str]
    measures: Optional[Mapping[str, Any]]

    @property
    def present(self) -> bool:
        return self.verdict == "present"

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Finding:
        return cls(
            label=document["label"],
            prompt=document["prompt"],
            verdict=document["verdict"],
            voxels=document["voxels"],
            volume_ml=document["volumeMl"],
            mean_probability=document.get("meanProbability"),
            existence=document.get("existence"),
            recommended=document.get("recommended", True),
            suggestion=document.get("suggestion"),
            measures=document.get("measures"),
        )


class Masks(Mapping[str, "nibabel.Nifti1Image"]):
    """Binary masks by prompt: uint8, 1 inside, on the grid of the volume. Read when they are asked for."""

    def __init__(self, result: Result) -> None:
        self._result = result

    def __getitem__(self, prompt: str) -> nibabel.Nifti1Image:
        return self._result.mask(prompt)

    def __iter__(self) -> Iterator[str]:
        return (finding.prompt for finding in self._result.findings)

    def __len__(self) -> int:
        return len(self._result.findings)


class Result:
    """A completed job and the files that were fetched with it.

    job: as the server answered.
    manifest: everything that is known about the run: pack, preparation, timings, checksums.
    findings: one per prompt, in the order of the prompts.
    warnings: what a reader of the numbers should know.
    files: bytes by name, each checked against the checksum that the job names.
    """

    def __init__(self, job: Job, manifest: Mapping[str, Any], files: Mapping[str, bytes]) -> None:
        self.job = job
        self.manifest = manifest
        self.files = files
        self.findings = tuple(Finding.of(document) for document in manifest["findings"])
        self.warnings: tuple[str, ...] = tuple(manifest.get("warnings", ()))

    def __repr__(self) -> str:
        found = ", ".join(f"{f.prompt} {f.volume_ml:.3g} ml" if f.present else f"{f.prompt} absent" for f in self.findings)
        return f"<Result of job {self.job['id']}: {found}>"

    def finding(self, prompt: Union[str, int]) -> Finding:
        """By prompt or by label number. Raises KeyError with the prompts that there are."""
        for finding in self.findings:
            if prompt in (finding.prompt, finding.label):
                return finding
        raise KeyError(f"{prompt!r} was not asked for; there are {[finding.prompt for finding in self.findings]}")

    @property
    def labels(self) -> nibabel.Nifti1Image:
        """The label map: at each voxel the label of one prompt, 0 elsewhere. Where prompts overlap, `masks` have all."""
        return self.image("labels.nii.gz")

    @property
    def masks(self) -> Masks:
        return Masks(self)

    def mask(self, prompt: Union[str, int]) -> nibabel.Nifti1Image:
        """The binary mask of one prompt, by text or label number."""
        return self.image(f"mask-{self.finding(prompt).label}.nii.gz")

    def image(self, name: str) -> nibabel.Nifti1Image:
        """A fetched file as a nibabel image. Raises KeyError for one that was not fetched."""
        import nibabel

        if name not in self.files:
            raise KeyError(f"{name} was not fetched; Client.output gets every output of a job")
        data = self.files[name]
        return nibabel.Nifti1Image.from_bytes(gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data)

    def dataframe(self) -> pandas.DataFrame:
        """`findings.csv` as a table, a row per prompt."""
        import pandas

        if "findings.csv" not in self.files:
            raise KeyError("findings.csv was not written: the job was submitted with outputs={'findings': False}")
        return pandas.read_csv(io.BytesIO(self.files["findings.csv"]))
