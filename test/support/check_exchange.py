"""Reads a DICOM Segmentation and a .seg.nrrd back, by pydicom and numpy alone, and compares them with the label map.

JSON argument: {"seg": file, "nrrd": file, "labels": NIfTI, "source": DICOM folder}, any of seg and nrrd may be left out.
Prints what was found; `problems` lists everything that is not as the standard wants it.
"""

import glob
import gzip
import json
import os
import subprocess
import sys

import nibabel
import numpy as np
import pydicom

PATIENT = ["PatientName", "PatientID", "PatientBirthDate", "PatientSex"]
STUDY = ["StudyInstanceUID", "StudyDate", "StudyTime", "ReferringPhysicianName", "StudyID", "AccessionNumber"]
# Type 1 attributes of the Segmentation IOD's modules (PS3.3 A.51): they must be there and have a value.
REQUIRED = [
    "SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "Modality", "SeriesNumber",
    "FrameOfReferenceUID", "Manufacturer", "ManufacturerModelName", "DeviceSerialNumber", "SoftwareVersions",
    "InstanceNumber", "ImageType", "ContentLabel", "ContentDate", "ContentTime", "SamplesPerPixel",
    "PhotometricInterpretation", "NumberOfFrames", "Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit",
    "LossyImageCompression", "SegmentationType", "SegmentSequence", "ReferencedSeriesSequence",
    "DimensionOrganizationSequence", "DimensionIndexSequence", "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence", "PixelData",
]
# Type 2: they must be there, and may be empty.
PRESENT = [*PATIENT, *STUDY, "ContentDescription", "ContentCreatorName", "PositionReferenceIndicator"]
SEGMENT = [
    "SegmentNumber", "SegmentLabel", "SegmentAlgorithmType", "SegmentAlgorithmName",
    "SegmentedPropertyCategoryCodeSequence", "SegmentedPropertyTypeCodeSequence",
]


def code(item):
    return [item.CodingSchemeDesignator, item.CodeValue, item.CodeMeaning]


def place_of(image, reference):
    """Of the image, or of the frame, that is referred to."""
    if "NumberOfFrames" in image:
        groups = image.PerFrameFunctionalGroupsSequence[int(reference.ReferencedFrameNumber) - 1]
        image = groups.PlanePositionSequence[0]
    elif "ReferencedFrameNumber" in reference:
        return [np.nan] * 3
    return [float(value) for value in image.ImagePositionPatient]


def check_seg(path, source, labels):
    problems = []
    seg = pydicom.dcmread(path)
    for name in REQUIRED:
        if name not in seg or seg[name].value in (None, ""):
            problems.append(f"{name} is missing or empty")
    for name in PRESENT:
        if name not in seg:
            problems.append(f"{name} is missing")
    images = [pydicom.dcmread(file, stop_before_pixels=True) for file in sorted(glob.glob(os.path.join(source, "*")))]
    for name in [*PATIENT, *STUDY, "FrameOfReferenceUID"]:
        if str(seg.get(name, "")) != str(images[0].get(name, "")):
            problems.append(f"{name} differs from the images")
    (series,) = seg.ReferencedSeriesSequence
    if series.SeriesInstanceUID != images[0].SeriesInstanceUID:
        problems.append("another series is referenced")
    uids = {image.SOPInstanceUID: image for image in images}
    referenced = [item.ReferencedSOPInstanceUID for item in series.ReferencedInstanceSequence]
    used = {
        image.ReferencedSOPInstanceUID
        for groups in seg.PerFrameFunctionalGroupsSequence
        for derivation in groups.DerivationImageSequence
        for image in derivation.SourceImageSequence
    }
    if len(referenced) != len(used) or set(referenced) != used or not used <= set(uids):
        problems.append("the references are not the images that frames refer to")
    for number, segment in enumerate(seg.SegmentSequence, 1):
        problems += [f"segment {number}: {name} is missing" for name in SEGMENT if name not in segment]
        if segment.SegmentNumber != number:
            problems.append(f"segment {number} is numbered {segment.SegmentNumber}")
    frames = np.unpackbits(np.frombuffer(seg.PixelData, np.uint8), bitorder="little")
    count, size = int(seg.NumberOfFrames), seg.Rows * seg.Columns
    if len(seg.PixelData) != (count * size + 15) // 16 * 2:
        problems.append(f"{len(seg.PixelData)} bytes of pixels for {count} frames")
    frames = frames[: count * size].reshape(count, seg.Rows, seg.Columns)
    (shared,) = seg.SharedFunctionalGroupsSequence
    between_rows, between_columns = (float(value) for value in shared.PixelMeasuresSequence[0].PixelSpacing)
    orientation = np.array([float(value) for value in shared.PlaneOrientationSequence[0].ImageOrientationPatient])
    world_to_voxel = np.linalg.inv(labels.affine)
    label_voxels = np.asarray(labels.dataobj)
    masks = {int(s.SegmentNumber): np.zeros(label_voxels.shape, np.uint8) for s in seg.SegmentSequence}
    rows, columns = np.meshgrid(np.arange(seg.Rows), np.arange(seg.Columns), indexing="ij")
    worst = 0.0
    for pixels, groups in zip(frames, seg.PerFrameFunctionalGroupsSequence, strict=True):
        position = np.array([float(value) for value in groups.PlanePositionSequence[0].ImagePositionPatient])
        points = (
            position
            + columns[..., None] * orientation[:3] * between_columns
            + rows[..., None] * orientation[3:] * between_rows
        )
        voxels = (points * [-1, -1, 1]) @ world_to_voxel[:3, :3].T + world_to_voxel[:3, 3]
        nearest = np.rint(voxels).astype(int)
        worst = max(worst, float(np.abs(voxels - nearest).max()))
        segment = int(groups.SegmentIdentificationSequence[0].ReferencedSegmentNumber)
        masks[segment][nearest[..., 0], nearest[..., 1], nearest[..., 2]] = pixels
        (image,) = groups.DerivationImageSequence[0].SourceImageSequence
        if not np.allclose(place_of(uids[image.ReferencedSOPInstanceUID], image), position):
            problems.append("a frame refers to the image of another place")
        if list(groups.FrameContentSequence[0].DimensionIndexValues)[0] != segment:
            problems.append("a frame's index is not its segment")
    judged = subprocess.run(["dciodvfy", path], capture_output=True, text=True)
    problems += [line for line in (judged.stdout + judged.stderr).splitlines() if line.startswith("Error")]
    return {
        "problems": problems,
        "offGrid": worst,
        "segments": [
            {
                "label": s.SegmentLabel,
                "category": code(s.SegmentedPropertyCategoryCodeSequence[0]),
                "type": code(s.SegmentedPropertyTypeCodeSequence[0]),
                "modifiers": [
                    code(item)
                    for item in s.SegmentedPropertyTypeCodeSequence[0].get("SegmentedPropertyTypeModifierCodeSequence", [])
                ],
                "algorithm": [s.SegmentAlgorithmType, s.SegmentAlgorithmName],
                "cielab": list(s.RecommendedDisplayCIELabValue),
                "voxels": int(masks[int(s.SegmentNumber)].sum()),
                "equalsLabel": next(
                    (int(v) for v in np.unique(label_voxels) if v and np.array_equal(label_voxels == v, masks[int(s.SegmentNumber)] == 1)),
                    None,
                ),
            }
            for s in seg.SegmentSequence
        ],
        "notice": seg.ImageComments,
        "seriesDescription": seg.SeriesDescription,
    }


def inside(points, rows, columns):
    """Pixels whose middles lie inside of one contour, by the even-odd rule; points are (row, column)."""
    mask = np.zeros((rows, columns), bool)
    middles = np.arange(columns)
    for row in range(rows):
        for (r0, c0), (r1, c1) in zip(points, np.roll(points, -1, axis=0)):
            if (r0 > row) != (r1 > row):
                mask[row] ^= middles < c0 + (row - r0) / (r1 - r0) * (c1 - c0)
    return mask


def check_rtstruct(path, source, labels):
    """Contours of one slice are added up, and, which must be the same, excluded where two share a pixel."""
    problems = []
    rs = pydicom.dcmread(path)
    images = [pydicom.dcmread(file, stop_before_pixels=True) for file in sorted(glob.glob(os.path.join(source, "*")))]
    uids = {image.SOPInstanceUID: image for image in images}
    for name in [*PATIENT, *STUDY, "FrameOfReferenceUID"]:
        if str(rs.get(name, "")) != str(images[0].get(name, "")):
            problems.append(f"{name} differs from the images")
    names = {int(roi.ROINumber): roi.ROIName for roi in rs.StructureSetROISequence}
    codes = {int(o.ReferencedROINumber): code(o.RTROIIdentificationCodeSequence[0]) for o in rs.RTROIObservationsSequence}
    world_to_voxel = np.linalg.inv(labels.affine)
    voxels = np.asarray(labels.dataobj)
    rois = []
    for roi in rs.ROIContourSequence:
        number = int(roi.ReferencedROINumber)
        union, exclusive = np.zeros(voxels.shape, bool), np.zeros(voxels.shape, bool)
        for contour in roi.get("ContourSequence", []):
            image = uids[contour.ContourImageSequence[0].ReferencedSOPInstanceUID]
            points = np.array([float(v) for v in contour.ContourData]).reshape(-1, 3)
            if contour.ContourGeometricType != "CLOSED_PLANAR" or len(points) != contour.NumberOfContourPoints:
                problems.append("a contour is not what it says")
            orientation = np.array([float(v) for v in image.ImageOrientationPatient])
            origin = np.array([float(v) for v in image.ImagePositionPatient])
            if np.abs((points - origin) @ np.cross(orientation[:3], orientation[3:])).max() > 0.002:
                problems.append("a contour does not lie on its image")
            between_rows, between_columns = (float(v) for v in image.PixelSpacing)
            pixels = np.stack(
                [(points - origin) @ orientation[3:] / between_rows, (points - origin) @ orientation[:3] / between_columns], 1
            )
            filled = np.argwhere(inside(pixels, image.Rows, image.Columns))
            places = origin + filled[:, 1:] * orientation[:3] * between_columns + filled[:, :1] * orientation[3:] * between_rows
            at = np.rint((places * [-1, -1, 1]) @ world_to_voxel[:3, :3].T + world_to_voxel[:3, 3]).astype(int)
            union[tuple(at.T)] = True
            exclusive[tuple(at.T)] ^= True
        label = voxels == number
        total = int(label.sum()) + int(union.sum())
        rois.append(
            {
                "name": names[number],
                "type": codes[number],
                "dice": 1.0 if total == 0 else 2 * int((label & union).sum()) / total,
                "sameBothWays": bool(np.array_equal(union, exclusive)),
                "contours": len(roi.get("ContourSequence", [])),
            }
        )
    judged = subprocess.run(["dciodvfy", path], capture_output=True, text=True)
    problems += [line for line in (judged.stdout + judged.stderr).splitlines() if line.startswith("Error")]
    return {"problems": problems, "rois": rois}


def check_nrrd(path, labels):
    with open(path, "rb") as file:
        head, voxels = file.read().split(b"\n\n", 1)
    magic, *lines = head.decode("utf-8").split("\n")
    fields = dict(line.split(": ", 1) for line in lines if ":=" not in line)
    keys = dict(line.split(":=", 1) for line in lines if ":=" in line)
    kind = {"unsigned char": "<u1", "unsigned short": "<u2"}[fields["type"]]
    shape = [int(value) for value in fields["sizes"].split()]
    data = np.frombuffer(gzip.decompress(voxels), kind).reshape(shape, order="F")
    vector = lambda text: [float(value) for value in text.strip("()").split(",")]
    affine = np.eye(4)
    affine[:3, :3] = np.array([vector(text) for text in fields["space directions"].split()]).T
    affine[:3, 3] = vector(fields["space origin"])
    affine = np.diag([-1, -1, 1, 1]) @ affine
    return {
        "magic": magic,
        "space": fields["space"],
        "affine": float(np.abs(affine - labels.affine).max()),
        "sameVoxels": bool(np.array_equal(data, np.asarray(labels.dataobj))),
        "keys": keys,
    }


arguments = json.loads(sys.argv[1])
label_map = nibabel.load(arguments["labels"])
print(
    json.dumps(
        {
            "seg": check_seg(arguments["seg"], arguments["source"], label_map) if "seg" in arguments else None,
            "nrrd": check_nrrd(arguments["nrrd"], label_map) if "nrrd" in arguments else None,
            "rtstruct": check_rtstruct(arguments["rtstruct"], arguments["source"], label_map)
            if "rtstruct" in arguments
            else None,
        }
    )
)
