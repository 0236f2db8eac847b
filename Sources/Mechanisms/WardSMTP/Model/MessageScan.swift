// SPDX-License-Identifier: Apache-2.0

/// One pass over a message: refuses what would smuggle (CR or LF alone), copies only when a dot must be stuffed.
struct MessageScan {
    struct Result {
        var wire: [UInt8]
        /// Without stuffed dots; nil: as `wire`.
        var plain: [UInt8]?
        var size: Int
        var hasEightBitOctets: Bool
        var hasEightBitHeader: Bool
    }

    private var line = 1
    private var lineStart = 0
    private var stuffed: [Int] = []
    private var eightBit: UInt8 = 0
    private var header: UInt8?

    mutating func prepare(_ bytes: [UInt8]) throws(SMTPMessageError) -> Result {
        guard !bytes.isEmpty else { throw .empty }
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            eightBit |= byte
            if index == lineStart && byte == UInt8(ascii: ".") { stuffed.append(index) }
            switch byte {
            case 0x0d:
                guard index + 1 < bytes.count, bytes[index + 1] == 0x0a else { throw .bareCarriageReturn(line: line) }
                try endLine(at: index)
                // The first empty line ends the header.
                if index == lineStart, header == nil { header = eightBit }
                index += 2
                lineStart = index
                line += 1
            case 0x0a: throw .bareLineFeed(line: line)
            case 0x00: throw .nul(line: line)
            default: index += 1
            }
        }
        try endLine(at: bytes.count)
        let needsEnd = lineStart != bytes.count
        return Result(
            wire: wire(bytes, needsEnd: needsEnd),
            plain: stuffed.isEmpty ? nil : bytes + (needsEnd ? [0x0d, 0x0a] : []),
            size: bytes.count + (needsEnd ? 2 : 0),
            hasEightBitOctets: eightBit >= 0x80,
            hasEightBitHeader: (header ?? eightBit) >= 0x80
        )
    }

    private func endLine(at end: Int) throws(SMTPMessageError) {
        if end - lineStart > 998 { throw .lineTooLong(line: line) }
    }

    private func wire(_ bytes: [UInt8], needsEnd: Bool) -> [UInt8] {
        if stuffed.isEmpty && !needsEnd { return bytes }
        var wire: [UInt8] = []
        wire.reserveCapacity(bytes.count + stuffed.count + 2)
        var copied = 0
        for dot in stuffed {
            wire.append(contentsOf: bytes[copied..<dot])
            wire.append(UInt8(ascii: "."))
            copied = dot
        }
        wire.append(contentsOf: bytes[copied...])
        if needsEnd { wire.append(contentsOf: [0x0d, 0x0a]) }
        return wire
    }
}
