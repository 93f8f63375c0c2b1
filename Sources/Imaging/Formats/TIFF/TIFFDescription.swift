import Foundation

/// What the ImageDescription of a TIFF says in the language of the program that wrote it, where that speaks of the grid:
/// kept and brought up to date, since readers find size, order and calibration of the pages by it.
enum TIFFDescription: Sendable {
    /// "ImageJ=1.53t" and lines of key=value.
    case imageJ(ImageJDescription)
    /// OME-XML.
    case ome(OMEDescription)
    /// tifffile's JSON: {"shape": [5, 24, 30]}.
    case shaped(ShapedDescription)
    /// Another program's, which would be wrong of any other grid.
    case foreign(program: String)
    case plain

    init(_ text: String?) {
        self = .plain
        guard let text else { return }
        if text.hasPrefix("ImageJ=") {
            self = .imageJ(ImageJDescription(text))
        } else if text.contains("<OME") || text.contains(":OME ") {
            self = OMEDescription(text).map { .ome($0) } ?? .foreign(program: "OME")
        } else if text.hasPrefix("{\"shape\"") {
            self = ShapedDescription(text).map { .shaped($0) } ?? .foreign(program: "tifffile")
        } else if let program = ["Aperio", "SCIFIO"].first(where: text.hasPrefix) {
            self = .foreign(program: program)
        }
    }

    /// How many pictures the description states, where it does; `samples` is how many a pixel has.
    func images(width: Int, height: Int, samples: Int) -> Int? {
        switch self {
        case .imageJ(let description): description.images
        case .ome(let description): description.images(samples: samples)
        case .shaped(let description): description.images(width: width, height: height, samples: samples)
        case .foreign, .plain: nil
        }
    }

    /// How the pages of `count` belong together.
    func arrangement(of count: Int, samples: Int) -> SliceArrangement? {
        let axes: [(name: String, count: Int)]
        switch self {
        case .imageJ(let description): axes = description.axes
        case .ome(let description): axes = description.axes(samples: samples)
        case .shaped(let description): axes = description.axes(count: count)
        case .foreign, .plain: return nil
        }
        guard count > 1, axes.reduce(1, { $0 * $1.count }) == count else { return nil }
        return SliceArrangement(axes: axes)
    }

    /// Millimetres of a length unit as these programs spell it; `nil` where it is none.
    static func millimetres(_ unit: String) -> Double? {
        let spelled = unit.replacingOccurrences(of: "\\u00B5", with: "µ").replacingOccurrences(of: "μ", with: "µ")
        return switch spelled {
        case "pm": 1e-9
        case "Å", "A": 1e-7
        case "nm": 1e-6
        case "µm", "um", "micron", "microns", "micrometer", "micrometre": 1e-3
        case "mm", "millimeter", "millimetre": 1
        case "cm", "centimeter", "centimetre": 10
        case "m", "meter", "metre": 1000
        case "in", "inch", "inches": 25.4
        default: nil
        }
    }
}

extension SliceArrangement {
    /// Pages of a hyperstack; the first axis counts fastest. Depth, "Z", makes slices, all else volumes.
    init(axes: [(name: String, count: Int)]) {
        let count = axes.reduce(1) { $0 * $1.count }
        func index(_ page: Int, _ name: String) -> Int {
            var rest = page
            for axis in axes {
                if axis.name == name { return rest % axis.count }
                rest /= axis.count
            }
            return 0
        }
        let depth = axes.first { $0.name == "Z" }?.count ?? 1
        let others = axes.filter { $0.name != "Z" }
        func volume(_ page: Int) -> Int {
            others.reduce((index: 0, step: 1)) {
                ($0.index + index(page, $1.name) * $0.step, $0.step * $1.count)
            }.index
        }
        let order = (0..<count).sorted { (volume($0), index($0, "Z")) < (volume($1), index($1, "Z")) }
        let names = ["C": "channels", "T": "moments", "Z": "slices"]
        let parts = axes.filter { $0.count > 1 }.map { "\($0.count) \(names[$0.name] ?? "of axis \($0.name)")" }
        self.init(order: order, volumes: count / depth, summary: parts.joined(separator: " × "))
        isTimeSeries = others.allSatisfy { $0.count == 1 || $0.name == "T" }
    }
}

/// ImageJ's lines (ij.io.TiffDecoder, ij.io.FileSaver).
struct ImageJDescription: Sendable {
    private var lines: [String]

    init(_ text: String) { lines = text.split(whereSeparator: \.isNewline).map(String.init) }

    subscript(key: String) -> String? {
        get { lines.first { $0.hasPrefix(key + "=") }.map { String($0.dropFirst(key.count + 1)) } }
        set {
            let index = lines.firstIndex { $0.hasPrefix(key + "=") }
            switch (index, newValue) {
            case (let index?, let value?): lines[index] = "\(key)=\(value)"
            case (let index?, nil): lines.remove(at: index)
            case (nil, let value?): lines.append("\(key)=\(value)")
            case (nil, nil): break
            }
        }
    }

    private func integer(_ key: String) -> Int { self[key].flatMap { Int($0) } ?? 1 }
    private func number(_ key: String) -> Double? { self[key].flatMap(Double.init).flatMap { $0.isFinite ? $0 : nil } }

    var images: Int { max(integer("images"), 1) }

    var axes: [(name: String, count: Int)] {
        [("C", integer("channels")), ("Z", integer("slices")), ("T", integer("frames"))]
    }

    /// `nil` where the unit is no length, such as "pixel".
    var millimetresPerUnit: Double? { self["unit"].flatMap(TIFFDescription.millimetres) }

    var sliceSpacing: Double? {
        guard let spacing = number("spacing"), spacing != 0 else { return nil }
        return (self["zunit"] ?? self["unit"]).flatMap(TIFFDescription.millimetres).map { $0 * abs(spacing) }
    }

    /// Seconds.
    var frameInterval: Double? { number("finterval").flatMap { $0 > 0 ? $0 : nil } }

    /// The straight line (function 0) that makes real values of samples; other functions are kept but not used.
    var line: (slope: Double, intercept: Double)? {
        guard self["cf"] == "0", let intercept = number("c0"), let slope = number("c1"), slope != 0 else { return nil }
        return (slope, intercept)
    }

    /// What is shown, in samples.
    var shown: (least: Double, greatest: Double)? {
        guard let least = number("min"), let greatest = number("max"), greatest > least else { return nil }
        return (least, greatest)
    }

    /// The same of a grid `columns` and `rows` times as fine.
    func text(columns: Double, rows: Double, header: ImageHeader, source: Intensity) -> String {
        var result = self
        // The origin is a place in pixels, counted from the corner of the first.
        for (key, factor) in [("xorigin", columns), ("yorigin", rows)] {
            if let origin = number(key) { result[key] = "\(origin * factor)" }
        }
        let intensity = header.intensity
        if (intensity.slope, intensity.intercept) != (source.slope, source.intercept) {
            for key in ["cf", "c0", "c1", "c2", "c3", "c4", "vunit"] { result[key] = nil }
        }
        if intensity.sampleType != source.sampleType {
            result["min"] = nil
            result["max"] = nil
        }
        if let derivation = header.derivation {
            result["derivation"] = DICOMDerivation.ascii(derivation.description)
        }
        return result.lines.joined(separator: "\n") + "\n"
    }
}

/// OME-XML of one image (www.openmicroscopy.org/Schemas/OME/2016-06).
struct OMEDescription: Sendable {
    private let text: String
    private let pixels: [String: String]

    /// - Returns: `nil` where it describes no pixels itself.
    init?(_ text: String) {
        guard let tag = text.firstMatch(of: #/<(?:\w+:)?Pixels\s[^>]*>/#) else { return nil }
        self.text = text
        pixels = Dictionary(
            tag.output.matches(of: #/(\w+)\s*=\s*"([^"]*)"/#).map { (String($0.output.1), String($0.output.2)) },
            uniquingKeysWith: { first, _ in first })
    }

    /// Images in the sense of the schema: series.
    var series: Int { text.matches(of: #/<(?:\w+:)?Image\s/#).count }

    /// Whether planes lie in other files too.
    var hasSeveralFiles: Bool {
        Set(text.matches(of: #/FileName\s*=\s*"([^"]*)"/#).map { $0.output.1 }).count > 1
    }

    private func size(_ axis: String) -> Int { max(pixels["Size" + axis].flatMap { Int($0) } ?? 1, 1) }

    func axes(samples: Int) -> [(name: String, count: Int)] {
        (pixels["DimensionOrder"] ?? "XYCZT").dropFirst(2).map { axis in
            let name = String(axis)
            return (name, axis == "C" ? max(size(name) / samples, 1) : size(name))
        }
    }

    func images(samples: Int) -> Int { axes(samples: samples).reduce(1) { $0 * $1.count } }

    private func length(_ axis: String) -> Double? {
        guard let value = pixels["PhysicalSize" + axis].flatMap(Double.init), value > 0, value.isFinite else {
            return nil
        }
        return TIFFDescription.millimetres(pixels["PhysicalSize\(axis)Unit"] ?? "µm").map { $0 * value }
    }

    var spacing: PixelSpacing? {
        guard let column = length("X") ?? length("Y") else { return nil }
        return PixelSpacing(column: column, row: length("Y") ?? column)
    }

    var sliceSpacing: Double? { length("Z") }

    /// Seconds.
    var timeIncrement: Double? {
        guard let value = pixels["TimeIncrement"].flatMap(Double.init), value > 0 else { return nil }
        return switch pixels["TimeIncrementUnit"] ?? "s" {
        case "s": value
        case "ms": value / 1000
        case "min": value * 60
        default: nil
        }
    }

    /// Regions are drawn in pixels of the old grid.
    var hasRegions: Bool { text.contains(#/<(?:\w+:)?ROI\s/#) }

    /// The same of a grid `columns` and `rows` times as fine, in a file of another name.
    func text(columns: Double, rows: Double, header: ImageHeader) -> String {
        var changes = ["SizeX": "\(header.width)", "SizeY": "\(header.height)", "Type": Self.type(header.intensity)]
        for (axis, factor) in [("X", columns), ("Y", rows)] {
            if let value = pixels["PhysicalSize" + axis].flatMap(Double.init) {
                changes["PhysicalSize" + axis] = "\(value / factor)"
            }
        }
        var result = text.replacing(#/<(?:\w+:)?Pixels\s[^>]*>/#) { tag in
            tag.output.replacing(#/(\w+)(\s*=\s*)"([^"]*)"/#) { attribute in
                let (_, name, equals, value) = attribute.output
                return "\(name)\(equals)\"\(changes[String(name)] ?? String(value))\""
            }
        }
        result.replace(#/<((?:\w+:)?)ROI\s.*?<\/\1ROI>/#.dotMatchesNewlines(), with: "")
        result.replace(#/<(?:\w+:)?ROIRef\s[^>]*\/>/#, with: "")
        // Names of the file as it was, by which readers would find the old one.
        result.replace(#/<((?:\w+:)?)UUID\b[^>]*>.*?<\/\1UUID>/#.dotMatchesNewlines(), with: "")
        result.replace(#/\sUUID\s*=\s*"[^"]*"/#, with: "")
        if let derivation = header.derivation, let end = result.range(of: "</", options: .backwards) {
            let comment = DICOMDerivation.ascii(derivation.description).replacingOccurrences(of: "--", with: "- -")
            result.insert(contentsOf: "<!-- \(comment) -->", at: end.lowerBound)
        }
        return result
    }

    private static func type(_ intensity: Intensity) -> String {
        switch intensity.sampleType {
        case .float32: "float"
        case .float64: "double"
        case let type: type.rawValue
        }
    }
}

/// tifffile's JSON, whose shape counts rows, columns and samples last.
struct ShapedDescription: Sendable {
    private let text: String
    private let shape: [Int]

    init?(_ text: String) {
        guard let list = text.firstMatch(of: #/"shape":\s*\[([^\]]*)\]/#) else { return nil }
        let numbers = list.output.1.split(separator: ",").map { Int($0.trimmingCharacters(in: .whitespaces)) }
        guard numbers.count >= 2, !numbers.contains(nil) else { return nil }
        self.text = text
        shape = numbers.compactMap(\.self)
    }

    /// The dimensions before those of a picture.
    private func leading(width: Int, height: Int, samples: Int) -> ArraySlice<Int>? {
        let pictures =
            samples == 1
            ? [[height, width], [height, width, 1]] : [[height, width, samples], [samples, height, width]]
        return pictures.first { shape.suffix($0.count).elementsEqual($0) }.map { shape.dropLast($0.count) }
    }

    func images(width: Int, height: Int, samples: Int) -> Int? {
        leading(width: width, height: height, samples: samples)?.reduce(1, *)
    }

    func axes(count: Int) -> [(name: String, count: Int)] {
        var pages = 1
        let leading = shape.prefix { size in
            pages *= max(size, 1)
            return pages <= count
        }.reversed()
        return leading.enumerated().map { ($0 == 0 ? "Z" : "\($0)", $1) }
    }

    func text(
        from source: (width: Int, height: Int, samples: Int), header: ImageHeader
    ) -> String? {
        guard let leading = leading(width: source.width, height: source.height, samples: source.samples) else {
            return nil
        }
        let picture = [header.height, header.width] + (header.channels > 1 ? [header.channels] : [])
        let list = (leading + picture).map(String.init).joined(separator: ", ")
        var result = text.replacing(#/"shape":\s*\[[^\]]*\]/#, with: "\"shape\": [\(list)]")
        result.replace(#/,\s*"truncated?":\s*true/#, with: "")
        if let derivation = header.derivation, let end = result.lastIndex(of: "}"),
            let encoded = try? JSONEncoder().encode(DICOMDerivation.ascii(derivation.description))
        {
            result.insert(contentsOf: ", \"derivation\": " + String(decoding: encoded, as: UTF8.self), at: end)
        }
        return result
    }
}
