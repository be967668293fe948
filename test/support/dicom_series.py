"""Writes DICOM series for the tests, by pydicom, from a real head (a NIfTI file).

usage: dicom_series.py NIFTI FOLDER JSON
JSON: {"series": [{...}]}, one object for a series:
  folder       sub-folder of FOLDER
  plane        axial | sagittal | coronal
  rotate       degrees about x, y and z, applied to all directions: an oblique series [0, 0, 0]
  slices       how many, taken from the middle of the head
  spacing      of slices, in mm [3]
  drop         indices of slices that are left out
  tilt         degrees by which every slice is shifted in its plane
  reverse      files and instance numbers run against the normal
  modality     MR | CT
  kind         uint16 | int16 | uint12 | uint8 | pet (slopes that differ by slice) | bigendian | implicit | deflated | overlay
  compress     rle | jpeg-lossless | jpeg-ls (dcmtk's tools), done afterwards
  echoes       images at each position
  number       SeriesNumber
  enhanced     true: one multi-frame object instead of a file an image
"""

import json
import math
import os
import shutil
import subprocess
import sys

import nibabel
import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RLELossless,
    generate_uid,
)

# Row and column directions of the three planes, in LPS.
PLANES = {
    "axial": ((1, 0, 0), (0, 1, 0)),
    "sagittal": ((0, 1, 0), (0, 0, -1)),
    "coronal": ((1, 0, 0), (0, 0, -1)),
}
CLASSES = {"MR": "1.2.840.10008.5.1.4.1.1.4", "CT": "1.2.840.10008.5.1.4.1.1.2"}
ENHANCED = {"MR": "1.2.840.10008.5.1.4.1.1.4.1", "CT": "1.2.840.10008.5.1.4.1.1.2.1"}
SYNTAXES = {
    "bigendian": ExplicitVRBigEndian,
    "implicit": ImplicitVRLittleEndian,
    "deflated": DeflatedExplicitVRLittleEndian,
}
STUDY, FRAME = generate_uid(), generate_uid()


def rotation(degrees):
    x, y, z = (math.radians(value) for value in degrees)
    about_x = np.array([[1, 0, 0], [0, math.cos(x), -math.sin(x)], [0, math.sin(x), math.cos(x)]])
    about_y = np.array([[math.cos(y), 0, math.sin(y)], [0, 1, 0], [-math.sin(y), 0, math.cos(y)]])
    about_z = np.array([[math.cos(z), -math.sin(z), 0], [math.sin(z), math.cos(z), 0], [0, 0, 1]])
    return about_z @ about_y @ about_x


def stored(plane, kind, k):
    """Stored numbers of one slice, and slope and intercept."""
    plane = plane.astype(np.int32)
    if kind == "uint8":
        return plane.astype(np.uint8), 1, 0
    if kind in ("uint12", "overlay"):
        return (plane * 16).astype(np.uint16), 1, -1024
    if kind == "int16":
        return (plane * 20 - 2000).astype(np.int16), 1, 0
    if kind == "pet":
        return (plane * 100).astype(np.uint16), 0.5 + 0.01 * k, 0
    return (plane * 100).astype(np.uint16), 1, 0


def number(value):
    """A decimal text of at most 16 characters."""
    return f"{value:.12f}"[:16]


def write(head, folder, spec):
    os.makedirs(folder, exist_ok=True)
    turn = rotation(spec.get("rotate", [0, 0, 0]))
    row, column = (turn @ np.array(direction, float) for direction in PLANES[spec["plane"]])
    normal = np.cross(row, column)
    count, spacing = spec.get("slices", 6), spec.get("spacing", 3)
    kind, modality = spec.get("kind", "uint16"), spec.get("modality", "MR")
    tilt = spacing * math.tan(math.radians(spec.get("tilt", 0)))
    series = generate_uid()
    planes = {"axial": head, "coronal": head.transpose(0, 2, 1), "sagittal": head.transpose(1, 2, 0)}[spec["plane"]]
    start = planes.shape[2] // 2 - count // 2
    corner = np.array([-87.25, -120.5, 31.125])
    for k in range(count):
        if k in spec.get("drop", []):
            continue
        for echo in range(spec.get("echoes", 1)):
            pixels, slope, intercept = stored(planes[:, :, (start + k) % planes.shape[2]].T, kind, k)
            position = corner + normal * spacing * k + column * tilt * k
            name = f"{count - k if spec.get('reverse') else k:04d}-{echo}.dcm"
            syntax = SYNTAXES.get(kind, ExplicitVRLittleEndian)
            meta = FileMetaDataset()
            meta.MediaStorageSOPClassUID = CLASSES[modality]
            meta.MediaStorageSOPInstanceUID = generate_uid()
            meta.TransferSyntaxUID = syntax
            image = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
            image.is_little_endian = kind != "bigendian"
            image.is_implicit_VR = kind == "implicit"
            image.SpecificCharacterSet = "ISO_IR 192"
            image.SOPClassUID, image.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
            image.StudyInstanceUID, image.SeriesInstanceUID, image.FrameOfReferenceUID = STUDY, series, FRAME
            image.PatientName, image.PatientID = "Ünsal^Secret", "SECRET-X4711X"
            image.PatientBirthDate, image.PatientSex, image.PatientAge = "19700101", "F", "050Y"
            image.StudyDate, image.StudyTime, image.StudyID, image.AccessionNumber = "20240102", "030405", "S1", "SECRET-9"
            image.ReferringPhysicianName, image.StudyDescription = "Secret^Doctor", "Secret study"
            image.SeriesDescription, image.InstitutionName = "Secret series", "Secret hospital"
            image.Modality, image.SeriesNumber = modality, spec.get("number", 1)
            image.Manufacturer, image.PatientPosition, image.PositionReferenceIndicator = "parse3d tests", "HFS", ""
            image.AcquisitionNumber = 1
            image.EchoNumbers, image.EchoTime = echo + 1, 10 * (echo + 1)
            image.InstanceNumber = (count - k if spec.get("reverse") else k + 1) + count * echo
            image.ImageType = ["ORIGINAL", "PRIMARY"]
            image.ImagePositionPatient = [number(value) for value in position]
            image.ImageOrientationPatient = [number(value) for value in (*row, *column)]
            image.PixelSpacing, image.SliceThickness = [2.5, 2], spacing
            image.Rows, image.Columns = pixels.shape
            image.SamplesPerPixel, image.PhotometricInterpretation = 1, "MONOCHROME2"
            image.BitsAllocated = pixels.dtype.itemsize * 8
            image.BitsStored = 12 if kind in ("uint12", "overlay") else image.BitsAllocated
            image.HighBit = image.BitsStored - 1
            image.PixelRepresentation = int(pixels.dtype.kind == "i")
            image.RescaleSlope, image.RescaleIntercept = str(slope), str(intercept)
            if kind == "overlay":
                pixels = pixels | np.uint16(0x8000)
            if kind == "bigendian":
                pixels = pixels.byteswap()
            image.PixelData = np.ascontiguousarray(pixels).tobytes()
            if pixels.dtype.itemsize == 1:
                image["PixelData"].VR = "OB"
            if spec.get("compress") == "rle":
                image.compress(RLELossless)
            image.save_as(os.path.join(folder, name), write_like_original=False)
    if spec.get("enhanced"):
        combine(folder)
    tool = {"jpeg-lossless": ["dcmcjpeg", "+e1"], "jpeg-ls": ["dcmcjpls"]}.get(spec.get("compress"))
    if tool is not None:
        for name in os.listdir(folder):
            path = os.path.join(folder, name)
            subprocess.run([*tool, path, f"{path}.out"], check=True)
            shutil.move(f"{path}.out", path)


def group(**values):
    item = Dataset()
    for name, value in values.items():
        setattr(item, name, value)
    return [item]


def combine(folder):
    """Puts the images of a folder into one multi-frame object, in the order of their names."""
    paths = [os.path.join(folder, name) for name in sorted(os.listdir(folder))]
    images = [pydicom.dcmread(path) for path in paths]
    whole = images[0]
    whole.SOPClassUID = whole.file_meta.MediaStorageSOPClassUID = ENHANCED[whole.Modality]
    whole.PixelData = b"".join(image.PixelData for image in images)
    whole.NumberOfFrames = len(images)
    whole.SharedFunctionalGroupsSequence = group(
        PixelMeasuresSequence=group(PixelSpacing=whole.PixelSpacing, SliceThickness=whole.SliceThickness),
        PlaneOrientationSequence=group(ImageOrientationPatient=whole.ImageOrientationPatient),
        PixelValueTransformationSequence=group(
            RescaleSlope=whole.RescaleSlope, RescaleIntercept=whole.RescaleIntercept, RescaleType="US"
        ),
    )
    whole.PerFrameFunctionalGroupsSequence = [
        group(
            PlanePositionSequence=group(ImagePositionPatient=image.ImagePositionPatient),
            MREchoSequence=group(EffectiveEchoTime=float(image.EchoTime)),
        )[0]
        for image in images
    ]
    for name in ["ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SliceThickness", "RescaleSlope", "RescaleIntercept", "EchoTime", "EchoNumbers"]:
        delattr(whole, name)
    whole.save_as(paths[0], write_like_original=False)
    for path in paths[1:]:
        os.remove(path)


def main():
    source, root, text = sys.argv[1:4]
    head = np.asarray(nibabel.load(source).dataobj)
    for spec in json.loads(text)["series"]:
        write(head, os.path.join(root, spec["folder"]), spec)


if __name__ == "__main__":
    main()
