import DataSets
import Foundation
import Imaging
import Testing

@Suite struct `Data sets as their owners lay them out` {
    @Test func `NIH's films know their patients and the owner's split`() throws {
        let tree = try Tree([
            "images_001/images/00000001_000.png", "images_001/images/00000001_001.png",
            "images_002/images/00000061_012.png", "images_002/images/readme.txt",
        ])
        try tree.write(
            """
            Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position
            00000001_000.png,"Cardiomegaly|Emphysema, mild",0,1,58,M,PA
            00000001_001.png,Cardiomegaly,1,1,58,M,PA
            00000061_012.png,Effusion,12,61,77,M,AP
            """, to: "Data_Entry_2017.csv")
        try tree.write("00000001_000.png\n00000001_001.png\n", to: "train_val_list.txt")
        try tree.write("00000061_012.png\r\n", to: "test_list.txt")
        #expect(try DataSet.recognized(at: tree.root) == .chestXRay14)
        #expect(
            try DataSet.chestXRay14.images(in: tree.root) == [
                DataSetImage(path: "images_001/images/00000001_000.png", patient: "00000001", part: .training),
                DataSetImage(path: "images_001/images/00000001_001.png", patient: "00000001", part: .training),
                DataSetImage(path: "images_002/images/00000061_012.png", patient: "00000061", part: .test),
            ])
    }

    @Test func `NIH's table has the last word on whose film it is`() throws {
        let tree = try Tree(["images/00000001_000.png"])
        try tree.write("Image Index,Patient ID\n00000001_000.png,7\n", to: "Data_Entry_2017_v2020.csv")
        #expect(try DataSet.chestXRay14.images(in: tree.root).map(\.patient) == ["00000007"])
    }

    @Test func `DRIVE's photographs leave masks and drawn vessels out`() throws {
        let tree = try Tree([
            "training/images/21_training.tif", "training/mask/21_training_mask.gif",
            "training/1st_manual/21_manual1.gif", "test/images/01_test.tif", "test/mask/01_test_mask.gif",
        ])
        #expect(try DataSet.recognized(at: tree.root) == .drive)
        #expect(
            try DataSet.drive.images(in: tree.root) == [
                DataSetImage(path: "test/images/01_test.tif", patient: "01", part: .test),
                DataSetImage(path: "training/images/21_training.tif", patient: "21", part: .training),
            ])
    }

    @Test func `STARE's photographs may be zipped`() throws {
        let tree = try Tree(["stare-images/im0001.ppm.gz", "labels-ah/im0001.ah.ppm.gz", "all-images/im0002.ppm"])
        #expect(try DataSet.recognized(at: tree.root) == .stare)
        #expect(
            try DataSet.stare.images(in: tree.root).map(\.path) == [
                "all-images/im0002.ppm", "stare-images/im0001.ppm.gz",
            ]
        )
    }

    @Test func `ISIC's table tells patients, and lesions where it tells none`() throws {
        let tree = try Tree([
            "ISIC_0000000.jpg", "ISIC_0000001_downsampled.jpg", "ISIC_0000002.JPG", "ISIC_0000002_segmentation.png",
            "ISIC2018_Task1_Training_GroundTruth/ISIC_0000003.png",
            "ISIC2018_Task1-2_Validation_Input/ISIC_0000004.jpg",
        ])
        try tree.write(
            #"""
            isic_id,attribution,copyright_license,lesion_id,patient_id
            ISIC_0000000,"Hospital, of ""Somewhere""",CC-0,IL_1,IP_9
            ISIC_0000001,Anonymous,CC-0,IL_2,
            """#, to: "metadata.csv")
        #expect(try DataSet.recognized(at: tree.root) == .isic)
        #expect(
            try DataSet.isic.images(in: tree.root) == [
                DataSetImage(path: "ISIC2018_Task1-2_Validation_Input/ISIC_0000004.jpg", part: .validation),
                DataSetImage(path: "ISIC_0000000.jpg", patient: "IP_9"),
                DataSetImage(path: "ISIC_0000001_downsampled.jpg", patient: "IL_2"),
                DataSetImage(path: "ISIC_0000002.JPG"),
            ])
    }

    @Test func `BraTS's volumes of all years leave the labels out`() throws {
        let tree = try Tree([
            "MICCAI_BraTS2020_TrainingData/BraTS20_Training_001/BraTS20_Training_001_t1.nii",
            "MICCAI_BraTS2020_TrainingData/BraTS20_Training_001/BraTS20_Training_001_seg.nii",
            "HGG/Brats18_2013_2_1/Brats18_2013_2_1_t1ce.nii.gz",
            "BraTS-GLI-00005-100/BraTS-GLI-00005-100-t2f.nii.gz", "BraTS-GLI-00005-100/BraTS-GLI-00005-100-seg.nii.gz",
        ])
        #expect(try DataSet.recognized(at: tree.root) == .brats)
        let images = try DataSet.brats.images(in: tree.root)
        #expect(images.map(\.patient) == ["BraTS-GLI-00005", "Brats18_2013_2", "BraTS20_Training_001"])
        #expect(images.map(\.part) == [nil, nil, .training])
        #expect(BraTS(contrasts: [.flair]).images(in: try DataSetFiles(tree.root)).count == 1)
    }

    @Test func `CAMUS's frames come as NIfTI and as MetaImage`() throws {
        let tree = try Tree([
            "database_nifti/patient0001/patient0001_2CH_ED.nii.gz",
            "database_nifti/patient0001/patient0001_2CH_ED_gt.nii.gz",
            "database_nifti/patient0001/patient0001_2CH_half_sequence.nii.gz",
            "database_nifti/patient0002/patient0002_4CH_ES.nii.gz", "testing/patient0451/patient0451_4CH_ES.mhd",
            "testing/patient0451/patient0451_4CH_ES.raw", "testing/patient0451/patient0451_4CH_sequence.mhd",
        ])
        try tree.write("patient0001\n", to: "database_split/subgroup_training.txt")
        try tree.write("patient0002 \n", to: "database_split/subgroup_validation.txt")
        #expect(try DataSet.recognized(at: tree.root) == .camus)
        #expect(
            try DataSet.camus.images(in: tree.root) == [
                DataSetImage(
                    path: "database_nifti/patient0001/patient0001_2CH_ED.nii.gz", patient: "patient0001",
                    part: .training),
                DataSetImage(
                    path: "database_nifti/patient0002/patient0002_4CH_ES.nii.gz", patient: "patient0002",
                    part: .validation),
                DataSetImage(path: "testing/patient0451/patient0451_4CH_ES.mhd", patient: "patient0451", part: .test),
            ])
    }

    @Test func `FFHQ's first 60,000 faces are for training`() throws {
        let tree = try Tree([
            "images1024x1024/59000/59999.png", "images1024x1024/60000/60000.png", "thumbnails128x128/60000/60000.png",
            "ffhq-dataset-v2.json",
        ])
        #expect(try DataSet.recognized(at: tree.root) == .ffhq)
        #expect(try DataSet.ffhq.images(in: tree.root).map(\.part) == [.training, .validation])
    }

    @Test func `CelebA-HQ's faces leave drawn masks out`() throws {
        let tree = try Tree([
            "CelebAMask-HQ/CelebA-HQ-img/0.jpg", "CelebAMask-HQ/CelebA-HQ-img/29999.jpg",
            "CelebAMask-HQ/CelebAMask-HQ-mask-anno/0/00000_hair.png",
        ])
        #expect(try DataSet.recognized(at: tree.root) == .celebAHQ)
        #expect(try DataSet.celebAHQ.images(in: tree.root).count == 2)
    }

    @Test func `ImageNet's photographs are sorted by its own folders`() throws {
        let tree = try Tree([
            "train/n01440764/n01440764_10026.JPEG", "val/ILSVRC2012_val_00000001.JPEG",
            "val/n01440764/ILSVRC2012_val_00000293.JPEG", "test/ILSVRC2012_test_00000001.JPEG",
        ])
        #expect(try DataSet.recognized(at: tree.root) == .imageNet)
        #expect(
            try DataSet.imageNet.images(in: tree.root).map(\.part) == [.test, .training, .validation, .validation])
    }

    @Test func `Any folder of images is one, and knows NIH's patients by their names`() throws {
        let tree = try Tree(["b/scan.nii.gz", "a.png", ".hidden/c.png", "notes.txt", "00000009_001.tif"])
        #expect(try DataSet.recognized(at: tree.root) == .folder)
        #expect(try DataSet.folder.images(in: tree.root).map(\.path) == ["00000009_001.tif", "a.png", "b/scan.nii.gz"])
    }

    @Test func `A folder of another layout says what was looked for and where to get it`() throws {
        let tree = try Tree(["a.png"])
        for dataSet in DataSet.allCases where dataSet != .folder {
            let error = #expect(throws: DataSetError.self) { try dataSet.images(in: tree.root) }
            let text = error?.description ?? ""
            #expect(text.contains(dataSet.layout.paths) && text.contains(dataSet.layout.source) && !text.contains("\n"))
        }
        #expect(throws: DataSetError.unreadable(.missing(path: "/no/such"))) {
            try DataSet.folder.images(in: URL(fileURLWithPath: "/no/such"))
        }
    }
}

@Suite struct `Splits` {
    private let images = (0..<40).map {
        DataSetImage(path: "\($0 / 4)_\($0 % 4).png", patient: $0 < 36 ? "patient\($0 / 4)" : nil)
    }

    @Test func `No patient is on both sides`() throws {
        for seed in 0..<20 as Range<UInt64> {
            let split = DataSplit(images, validationShare: 0.2, seed: seed)
            func patients(_ paths: [String]) -> Set<String> {
                Set(images.filter { paths.contains($0.path) }.compactMap(\.patient))
            }
            #expect(patients(split.training).isDisjoint(with: patients(split.validation)))
            #expect(Set(split.training + split.validation) == Set(images.map(\.path)))
            #expect((8...11).contains(split.validation.count))
        }
    }

    @Test func `A seed repeats a split whatever the order of the files, and another seed draws another`() throws {
        let split = DataSplit(images, validationShare: 0.25, seed: 7)
        let shuffled = DataSplit(images.reversed(), validationShare: 0.25, seed: 7)
        #expect(Set(split.validation) == Set(shuffled.validation))
        #expect(DataSplit(images, validationShare: 0.25, seed: 8).validation != split.validation)
    }

    @Test func `The owner's own split is kept`() throws {
        let images = [
            DataSetImage(path: "a", part: .training), DataSetImage(path: "b", part: .validation),
            DataSetImage(path: "c", part: .test),
        ]
        let split = DataSplit(images, validationShare: 0.9, seed: 0)
        #expect(split.training == ["a"] && split.validation == ["b", "c"] && split.seed == nil)
    }

    @Test func `A written split can be read again`() throws {
        let tree = try Tree([])
        let url = tree.root.appendingPathComponent("split.json")
        let split = DataSplit(images, validationShare: 0.5, seed: 3)
        try JSONEncoder.fovea.encode(split).write(to: url)
        #expect(try DataSplit(contentsOf: url) == split)
    }
}

/// A folder with empty files, removed when nobody holds it.
final class Tree {
    let root: URL

    init(_ paths: [String]) throws {
        root = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
        for path in paths { try write("", to: path) }
    }

    deinit { try? FileManager.default.removeItem(at: root) }

    func write(_ text: String, to path: String) throws {
        let url = root.appendingPathComponent(path)
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
    }
}
