"""Writes Tests/DICOMwebTests/Golden/attributes.dcm, a made-up object, and attributes.json, its DICOM JSON by pydicom.

    pip install pydicom==3.0.2 && python3 Tools/golden/dicom_json.py
"""

import json
import pathlib

from pydicom.dataset import Dataset, FileMetaDataset

golden = pathlib.Path(__file__).resolve().parents[2] / "Tests/DICOMwebTests/Golden"

dataset = Dataset()
dataset.SpecificCharacterSet = "ISO_IR 100"
dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
dataset.SOPInstanceUID = "2.25.11"
dataset.StudyDate = "20260131"
dataset.StudyTime = "123456.789"
dataset.AccessionNumber = ""
dataset.Modality = "CT"
dataset.SeriesDescription = 'Schädel "nativ"'
dataset.PatientName = "Müller^Jürgen"
dataset.PatientID = "phantom"
dataset.PatientAge = "042Y"
dataset.StudyInstanceUID = "2.25.9"
dataset.SeriesInstanceUID = "2.25.10"
dataset.InstanceNumber = 7
dataset.ImagePositionPatient = [-12.5, 0, 0.125]
dataset.Rows = 2
dataset.Columns = 3
dataset.FrameIncrementPointer = 0x00181063
dataset.RealWorldValueSlope = 0.1
reference = Dataset()
reference.ReferencedSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
reference.ReferencedSOPInstanceUID = "2.25.12"
dataset.ReferencedImageSequence = [reference]
dataset.ICCProfile = bytes(range(8))

meta = FileMetaDataset()
meta.MediaStorageSOPClassUID = dataset.SOPClassUID
meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
dataset.file_meta = meta
golden.mkdir(exist_ok=True)
dataset.save_as(golden / "attributes.dcm", enforce_file_format=True)
(golden / "attributes.json").write_text(json.dumps(dataset.to_json_dict(), indent=1, ensure_ascii=False) + "\n")
