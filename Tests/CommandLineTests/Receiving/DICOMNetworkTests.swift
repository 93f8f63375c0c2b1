import Testing

/// What speaks DICOM with other programs. One test after the other: each waits for processes, on one of the few threads that all
/// tests share, and some of the others need these to get on.
@Suite("DICOM over the network", .serialized) enum DICOMNetworkTests {}
