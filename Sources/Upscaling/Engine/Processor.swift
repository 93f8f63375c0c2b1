import COpenVINO
import Foundation
import ONNX

/// What keeps OpenVINO from computing on a processor, found out before it dies of it.
package enum Processor {
    /// The instruction sets by which OpenVINO's kernels differ, in the order in which processors got them.
    package enum Instructions: Int, Comparable {
        case none, sse41, avx, avx2, avx512

        package static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }

        /// The least that runs our networks: see docs/reliability.md.
        static let required = Instructions.sse41

        /// Of this processor.
        static var present: Instructions { Instructions(rawValue: Int(copenvino_instructions()))! }

        /// Of this processor, as far as the variable leaves them.
        static var usable: Instructions {
            Processor.limitInForce.flatMap(Processor.limit).map { min($0, present) } ?? present
        }
    }

    /// The variable by which oneDNN, and so OpenVINO, is told to leave newer instructions alone.
    static let limitVariable = "ONEDNN_MAX_CPU_ISA"

    /// Its value, where it is set.
    static var limitInForce: String? { ProcessInfo.processInfo.environment[limitVariable] }

    /// What a value of ``limitVariable`` leaves; `nil` where it takes nothing away that our networks use.
    static func limit(_ value: String) -> Instructions? {
        switch value.uppercased() {
        case "SSE41": .sse41
        case "AVX": .avx
        case "AVX2", "AVX2_VNNI", "AVX2_VNNI_2": .avx2
        default: nil
        }
    }

    /// Whether OpenVINO computes in bfloat16 here instead of imitating it, which is slower than Float32.
    static var hasBFloat16Arithmetic: Bool {
        hasBFloat16Arithmetic(present: copenvino_has_bfloat16(), limit: limitInForce)
    }

    /// - Parameters:
    ///   - present: whether the processor has instructions for it.
    ///   - limit: the value of ``limitVariable``, where it is set.
    package static func hasBFloat16Arithmetic(present: Bool, limit: String?) -> Bool {
        guard let limit = limit?.uppercased() else { return present }
        let hasNone = Self.limit(limit) != nil || ["AVX512_CORE", "AVX512_CORE_VNNI"].contains(limit)
        return present && !hasNone
    }

    /// Why a network cannot be run, `nil` where it can.
    ///
    /// - Parameters:
    ///   - operators: of the network, by their names in ONNX.
    ///   - present: what the processor has.
    ///   - limit: the value of ``limitVariable``, where it is set.
    package static func obstacle(to operators: Set<String>, present: Instructions, limit: String?) -> String? {
        if present < .required {
            return "this processor lacks SSE4.1, which OpenVINO needs; use one made since 2008, or --model bicubic"
        }
        guard let limit, let left = Self.limit(limit), left < present else { return nil }
        let mixed = operators.filter { isMixed($0, within: left) }.sorted()
        return mixed.isEmpty
            ? nil
            : """
            \(limitVariable)=\(limit) hides instructions that this processor has, and OpenVINO cannot run a network with \
            \(mixed.joined(separator: ", ")) so; unset it
            """
    }

    /// Whether OpenVINO 2026.4 chooses an operator's kernel by what the processor has and builds the kernel's parts by the
    /// limit: where the two differ it jumps into nowhere, or cannot encode an instruction.
    private static func isMixed(_ name: String, within limit: Instructions) -> Bool {
        if name.hasPrefix("Reduce") || name.hasPrefix("Global") { return limit < .avx2 }
        return name.hasSuffix("Normalization") && name != "BatchNormalization"
    }

    /// - Throws: ``ModelError/processor(path:reason:)`` where this processor cannot run the network.
    static func check(for model: URL) throws(ModelError) {
        let limit = limitInForce
        // What a network is made of only matters where the processor is limited.
        let operators = limit == nil ? [] : try? Set(ModelProto.read(model).model.graph.node.map(\.opType))
        if let reason = obstacle(to: operators ?? [], present: .present, limit: limit) {
            throw .processor(path: model.path, reason: reason)
        }
    }
}
