extension UnsafeBufferPointer<Float> {
    /// Whether all are numbers, none of them infinite.
    var areFinite: Bool {
        // x − x is 0 for a finite x and not a number otherwise, so one sum tells.
        var sum = SIMD16<Float>.zero
        let raw = UnsafeRawBufferPointer(self)
        let whole = count / 16 * 16
        for index in stride(from: 0, to: whole, by: 16) {
            let part = raw.loadUnaligned(fromByteOffset: index * 4, as: SIMD16<Float>.self)
            sum += part - part
        }
        var rest: Float = 0
        for index in whole..<count { rest += self[index] - self[index] }
        return sum.sum() + rest == 0
    }
}
