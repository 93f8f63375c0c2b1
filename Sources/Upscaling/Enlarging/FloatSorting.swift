extension [Float] {
    /// Sorts numbers, none of which is a NaN, several times as fast as the standard library does by comparing.
    ///
    /// Percentiles of an image are taken before its network runs, and sorting hundreds of thousands of samples would take
    /// a hundredth of the network's time. From the least significant eleven bits to the most significant ten, numbers are
    /// dealt into as many piles as there are values of these bits.
    package mutating func sortNumbers() {
        let widths: [UInt32] = [11, 11, 10]
        // As bits, numbers are in their order once the negative ones are turned around and put first.
        var keys = map { $0.bitPattern ^ ($0.sign == .minus ? .max : 1 << 31) }
        var dealt = [UInt32](repeating: 0, count: count)
        var shift: UInt32 = 0
        for width in widths {
            let mask = (UInt32(1) << width) - 1
            var places = [Int](repeating: 0, count: 1 << Int(width))
            for key in keys { places[Int(key >> shift & mask)] += 1 }
            var place = 0
            for pile in places.indices { (places[pile], place) = (place, place + places[pile]) }
            for key in keys {
                let pile = Int(key >> shift & mask)
                dealt[places[pile]] = key
                places[pile] += 1
            }
            swap(&keys, &dealt)
            shift += width
        }
        for (index, key) in keys.enumerated() {
            self[index] = Float(bitPattern: key >> 31 == 1 ? key ^ 1 << 31 : ~key)
        }
    }
}
