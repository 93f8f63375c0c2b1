/// A picture of yes and no.
struct BinaryPlane {
    let width: Int
    let height: Int
    var isSet: [Bool]

    /// What is left of it when it is thinned to lines one pixel wide that hang together as it did (Zhang and Suen, "A
    /// fast parallel algorithm for thinning digital patterns", 1984). The outermost pixels count as empty.
    func thinned() -> BinaryPlane {
        var result = self
        for column in 0..<width {
            result.isSet[column] = false
            result.isSet[(height - 1) * width + column] = false
        }
        for row in 0..<height {
            result.isSet[row * width] = false
            result.isSet[row * width + width - 1] = false
        }
        var candidates = result.isSet.indices.filter { result.isSet[$0] }
        var changed = true
        while changed {
            changed = false
            for pass in 0..<2 {
                let removed = candidates.filter { result.isRemovable($0, inFirstPass: pass == 0) }
                for index in removed { result.isSet[index] = false }
                changed = changed || !removed.isEmpty
                candidates.removeAll { !result.isSet[$0] }
            }
        }
        return result
    }

    private func isRemovable(_ index: Int, inFirstPass: Bool) -> Bool {
        // P2 to P9 of the paper: clockwise from the one above.
        let neighbours = (
            isSet[index - width], isSet[index - width + 1], isSet[index + 1], isSet[index + width + 1],
            isSet[index + width], isSet[index + width - 1], isSet[index - 1], isSet[index - width - 1]
        )
        let (p2, p3, p4, p5, p6, p7, p8, p9) = neighbours
        func count(_ value: Bool) -> Int { value ? 1 : 0 }
        let set = count(p2) + count(p3) + count(p4) + count(p5) + count(p6) + count(p7) + count(p8) + count(p9)
        guard (2...6).contains(set) else { return false }
        let starts =
            count(!p2 && p3) + count(!p3 && p4) + count(!p4 && p5) + count(!p5 && p6) + count(!p6 && p7)
            + count(!p7 && p8) + count(!p8 && p9) + count(!p9 && p2)
        guard starts == 1 else { return false }
        return inFirstPass
            ? !(p2 && p4 && p6) && !(p4 && p6 && p8) : !(p2 && p4 && p8) && !(p2 && p6 && p8)
    }

    /// The sizes of its pieces that hang together, corners included.
    func pieces() -> [Int] {
        var left = isSet
        var sizes: [Int] = []
        var stack: [Int] = []
        for start in left.indices where left[start] {
            left[start] = false
            stack.append(start)
            var size = 0
            while let index = stack.popLast() {
                size += 1
                let (row, column) = index.quotientAndRemainder(dividingBy: width)
                for y in max(row - 1, 0)...min(row + 1, height - 1) {
                    for x in max(column - 1, 0)...min(column + 1, width - 1) where left[y * width + x] {
                        left[y * width + x] = false
                        stack.append(y * width + x)
                    }
                }
            }
            sizes.append(size)
        }
        return sizes
    }
}
