"""Builds small inputs as people have them, each by the rule that makes it odd.

usage: cases.py FOLDER
A lop-sided phantom of 24x20x16 voxels with 240 of bone and 240 of lung lies in each, unless its name says otherwise.
"""

import gzip
import os
import struct
import sys
import warnings

import nibabel
import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filebase import DicomFileLike
from pydicom.filewriter import write_dataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian, generate_uid

warnings.simplefilter("ignore")
ROOT = sys.argv[1]
AFFINE = np.diag([2, 2, 3, 1.0])
CLASSES = {
    "CT": "1.2.840.10008.5.1.4.1.1.2",
    "MR": "1.2.840.10008.5.1.4.1.1.4",
    "PT": "1.2.840.10008.5.1.4.1.1.128",
}


def phantom(shape=(24, 20, 16)):
    ni, nj, nk = shape
    voxels = np.full(shape, -1000, np.int16)
    voxels[2:-2, 2:-2, :] = 40
    voxels[3:9, 3:8, : max(1, nk // 2)] = 700
    voxels[ni - 9 : ni - 4, nj - 8 : nj - 4, nk // 4 :] = -750
    return voxels


# NIfTI: a good file, of which some bytes are changed.


def nifti(name, *patches, sform=1, qform=1, after=b""):
    image = nibabel.Nifti1Image(phantom(), AFFINE)
    image.set_sform(AFFINE if sform else None, sform)
    image.set_qform(AFFINE if qform else None, qform)
    data = bytearray(image.to_bytes())
    for form, at, *values in patches:
        struct.pack_into("<" + form, data, at, *values)
    data += after
    put(name, gzip.compress(bytes(data)) if name.endswith(".gz") else bytes(data))


def put(name, data):
    path = os.path.join(ROOT, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)


def nifti_cases():
    nifti("bitpix32.nii", ("h", 72, 32))
    nifti("bitpix0.nii", ("h", 72, 0))
    nifti("offset0.nii", ("f", 108, 0))
    nifti("trailing-plain.nii", after=bytes(100))
    nifti("trailing-inside.nii.gz", after=bytes(512))
    nifti("good.nii.gz")
    with open(os.path.join(ROOT, "good.nii.gz"), "rb") as file:
        put("trailing-after.nii.gz", file.read() + b"other bytes")
    nifti("zero-sform.nii", ("12f", 280, *[0] * 12))
    nifti("zero-qform.nii", ("6f", 256, 9, 9, 9, 0, 0, 0))
    nifti("long-quaternion.nii", ("3f", 256, 0, 0, 1.0005), ("12f", 280, *[0] * 12))
    nifti("pixdim0.nii", ("4f", 76, 1, -2, 0, 3))
    nifti("no-frames.nii", ("8h", 40, 4, 24, 20, 16, 0, 1, 1, 1))
    values = phantom().astype(np.float32)
    values[values == -1000] = np.nan
    nibabel.save(nibabel.Nifti1Image(values, AFFINE), os.path.join(ROOT, "nan.nii.gz"))
    nibabel.save(nibabel.Nifti1Pair(phantom(), AFFINE), os.path.join(ROOT, "pair.img"))
    large = np.abs(phantom((48, 48, 40)))
    metres = nibabel.Nifti1Image(large, np.diag([3.5, 3.5, 3.5, 1]))
    metres.header["xyzt_units"] = 1
    nibabel.save(metres, os.path.join(ROOT, "says-metres.nii.gz"))
    nibabel.save(nibabel.Nifti1Image(large, np.diag([35, 35, 35, 1])), os.path.join(ROOT, "35mm.nii.gz"))


# DICOM: a good series, of which each image is changed before it is written.


def series(folder, change=None, voxels=None, modality="CT", intercept=-1024, syntax=ExplicitVRLittleEndian, bare=None,
           orientation=(1, 0, 0, 0, 1, 0), position=None):
    voxels = phantom() if voxels is None else voxels
    study, number, frame = (generate_uid(prefix="2.25.") for _ in range(3))
    for k in range(voxels.shape[2]):
        image, meta = Dataset(), FileMetaDataset()
        image.SOPClassUID, image.SOPInstanceUID = CLASSES[modality], generate_uid(prefix="2.25.")
        image.StudyInstanceUID, image.SeriesInstanceUID, image.FrameOfReferenceUID = study, number, frame
        image.Modality, image.PatientName, image.PatientID = modality, "TEST^PHANTOM", "P0"
        image.SeriesNumber, image.InstanceNumber, image.StudyID = 3, k + 1, "1"
        image.StudyDate, image.StudyTime = "20200101", "120000"
        image.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
        image.Rows, image.Columns = voxels.shape[1], voxels.shape[0]
        image.PixelSpacing, image.SliceThickness = [2, 2], 3
        image.ImageOrientationPatient = list(orientation)
        image.ImagePositionPatient = [-20, -15, k * 3] if position is None else position(k)
        image.SamplesPerPixel, image.PhotometricInterpretation = 1, "MONOCHROME2"
        image.BitsAllocated, image.BitsStored, image.HighBit, image.PixelRepresentation = 16, 16, 15, 0
        image.RescaleSlope, image.RescaleIntercept = 1, intercept
        image.PixelData = (voxels[:, :, k].T.astype(np.float64) - intercept).astype(np.uint16).tobytes()
        image["PixelData"].VR = "OW"
        image.file_meta = meta
        if change is not None:
            change(image, k)
        meta.MediaStorageSOPClassUID, meta.TransferSyntaxUID = image.SOPClassUID, syntax
        meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID
        image.is_little_endian, image.is_implicit_VR = True, syntax == ImplicitVRLittleEndian
        path = os.path.join(ROOT, folder, f"im{k:03d}.dcm")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if bare is not None and bare(k):
            save_bare(image, path)
        else:
            image.save_as(path, write_like_original=False)


def save_bare(image, path):
    """The data set alone: no preamble, no file meta information."""
    del image.file_meta
    with open(path, "wb") as file:
        target = DicomFileLike(file)
        target.is_little_endian, target.is_implicit_VR = True, image.is_implicit_VR
        write_dataset(target, image)


def uid(value):
    def change(image, k):
        image.SOPInstanceUID = value(k)

    return change


def words(image, _):
    image.StudyInstanceUID = image.SeriesInstanceUID = image.FrameOfReferenceUID = "anonymized"


def frame_an_image(image, k):
    image.FrameOfReferenceUID = f"2.25.4{k}"


def empty_slice(image, k):
    image.Units, image.RescaleIntercept, image.RescaleSlope = "BQML", 0, 0 if k == 0 else 1


def acquired_3d(image, _):
    image.MRAcquisitionType, image.Manufacturer, image.ScanningSequence = "3D", "SIEMENS", "GR"


def mosaic(image, _):
    image.ImageType = ["ORIGINAL", "PRIMARY", "M", "ND", "MOSAIC"]


def localizer(image, _):
    image.ImageType = ["ORIGINAL", "PRIMARY", "LOCALIZER"]


def no_photometric(image, _):
    del image.PhotometricInterpretation


def said_twenty(image, _):
    image.ImagesInAcquisition = 17


def copy(folder, k, change):
    path = os.path.join(ROOT, folder, f"im{k:03d}.dcm")
    image = pydicom.dcmread(path)
    change(image)
    image.SOPInstanceUID = image.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    image.save_as(os.path.join(ROOT, folder, f"copy{k:03d}.dcm"))


def brighter(image):
    image.PixelData = (image.pixel_array + 1).astype(np.uint16).tobytes()


def dicom_cases():
    series("good")
    series("no-preamble", syntax=ImplicitVRLittleEndian, bare=lambda k: True)
    series("some-without-preamble", syntax=ImplicitVRLittleEndian, bare=lambda k: k >= 12)
    series("one-uid", uid(lambda k: "2.25.1111"))
    series("last-share-a-uid", uid(lambda k: f"2.25.77{min(k, 12)}"))
    series("letters", uid(lambda k: f"1.2.826.0.A1B2C3.{k}"))
    series("long-uid", uid(lambda k: "1.2.840." + "9" * 60 + f".{k}"))
    series("words", words)
    series("frame-an-image", frame_an_image)
    series("no-photometric", no_photometric)
    series("copies")
    series("doubles")
    for k in (3, 4):
        copy("copies", k, lambda image: None)
        copy("doubles", k, brighter)
    series("one-slice", voxels=phantom()[:, :, 2:3])
    voxels = np.abs(phantom()).astype(float)
    voxels[:, :, 0] = 0
    series("pet-empty-slice", empty_slice, voxels, modality="PT", intercept=0)
    series("mr-3d", acquired_3d, np.abs(phantom()), "MR", 0, orientation=(0, 1, 0, 0, 0, -1),
           position=lambda k: [30 - 3 * k, -15, 40])
    series("mosaic", mosaic, voxels=phantom()[:, :, :1])
    series("localizer", localizer, voxels=phantom()[:, :, :1])
    series("acquisition-says-more", said_twenty)
    os.makedirs(os.path.join(ROOT, "links"))
    os.makedirs(os.path.join(ROOT, "broken-link"))
    deep = os.path.join(ROOT, "deep", *"abcdefghijk")
    os.makedirs(deep)
    for k in range(16):
        name = f"im{k:03d}.dcm"
        source = os.path.join("..", "good", name)
        os.symlink(source, os.path.join(ROOT, "links", name))
        os.symlink(source if k < 15 else "nothing", os.path.join(ROOT, "broken-link", name))
        os.link(os.path.join(ROOT, "good", name), os.path.join(deep, name))


nifti_cases()
dicom_cases()
