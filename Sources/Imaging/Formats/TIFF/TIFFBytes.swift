import CTIFF
import Foundation

/// The bytes of a TIFF as libtiff reads or writes them, back and forth.
final class TIFFBytes {
    private enum Place {
        case source(ByteSource)
        case destination(ByteDestination)
    }

    private let place: Place
    private var position = 0

    init(_ source: ByteSource) { place = .source(source) }
    init(_ destination: ByteDestination) { place = .destination(destination) }

    var name: String {
        switch place {
        case .source(let source): source.name
        case .destination(let destination): destination.name
        }
    }

    private var count: Int {
        switch place {
        case .source(let source): source.count
        case .destination(let destination): destination.count
        }
    }

    private func read(into target: UnsafeMutableRawPointer, count: Int) -> Int {
        let got: Int
        switch place {
        case .source(let source): got = source.read(at: position, into: target, count: count)
        case .destination(let destination):
            destination.seek(to: position)
            got = destination.read(into: target, count: count)
        }
        position += got
        return got
    }

    private func write(_ bytes: UnsafeRawPointer, count: Int) -> Int {
        guard case .destination(let destination) = place else { return -1 }
        destination.seek(to: position)
        guard (try? destination.write(bytes, count: count)) != nil else { return -1 }
        position += count
        return count
    }

    private func seek(_ offset: UInt64, from whence: Int32) -> UInt64 {
        let distance = Int(Int64(bitPattern: offset))
        let origin = whence == SEEK_CUR ? position : whence == SEEK_END ? count : 0
        let (target, overflow) = origin.addingReportingOverflow(distance)
        guard !overflow, target >= 0 else { return .max }
        position = target
        return UInt64(target)
    }

    /// As libtiff calls them, with these bytes as what it hands through.
    var procedures: ctiff_procedures {
        ctiff_procedures(
            read: { user, target, count in
                guard let bytes = TIFFBytes.from(user), let target else { return -1 }
                return tmsize_t(bytes.read(into: target, count: Int(count)))
            },
            write: { user, source, count in
                guard let bytes = TIFFBytes.from(user), let source else { return -1 }
                return tmsize_t(bytes.write(source, count: Int(count)))
            },
            seek: { user, offset, whence in TIFFBytes.from(user)?.seek(offset, from: whence) ?? .max },
            size: { user in UInt64(TIFFBytes.from(user)?.count ?? 0) })
    }

    private static func from(_ user: UnsafeMutableRawPointer?) -> TIFFBytes? {
        user.map { Unmanaged<TIFFBytes>.fromOpaque($0).takeUnretainedValue() }
    }
}
