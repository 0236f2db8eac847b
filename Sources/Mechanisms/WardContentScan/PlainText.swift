// SPDX-License-Identifier: Apache-2.0

/// Text in which a number reads as a number however it was typed.
enum PlainText {
    /// Full-width digits become digits, the hyphens and dashes of Unicode a hyphen, its spaces a space; characters without
    /// width go. Everything else stays as it is.
    static func folded(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.contains(where: { $0 >= 0x80 }) else { return bytes }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var position = 0
        while position < bytes.count {
            let byte = bytes[position]
            guard byte >= 0x80 else {
                result.append(byte)
                position += 1
                continue
            }
            let (scalar, length) = scalar(bytes, position)
            if let scalar {
                append(scalar, bytes[position..<position + length], to: &result)
            } else {
                result.append(byte)
            }
            position += length
        }
        return result
    }

    private static func append(_ scalar: UInt32, _ encoded: ArraySlice<UInt8>, to result: inout [UInt8]) {
        switch scalar {
        case 0xAD, 0x200B...0x200F, 0x2060, 0xFEFF: break
        case 0xA0, 0x2000...0x200A, 0x202F, 0x205F, 0x3000: result.append(0x20)
        case 0x2010...0x2015, 0x2212, 0xFE58, 0xFE63, 0xFF0D: result.append(0x2D)
        case 0xFF10...0xFF19, 0xFF21...0xFF3A, 0xFF41...0xFF5A, 0xFF0E, 0xFF0F:
            result.append(UInt8(truncatingIfNeeded: scalar - 0xFEE0))
        case 0x2022, 0xB7, 0x2013...0x201F: result.append(0x20)
        default: result += encoded
        }
    }

    /// The scalar of two or three bytes at a position; a longer or broken one is taken byte by byte.
    private static func scalar(_ bytes: [UInt8], _ position: Int) -> (UInt32?, length: Int) {
        func rest(_ offset: Int) -> UInt32? {
            guard position + offset < bytes.count, bytes[position + offset] & 0xC0 == 0x80 else { return nil }
            return UInt32(bytes[position + offset] & 0x3F)
        }
        let first = UInt32(bytes[position])
        if first & 0xE0 == 0xC0, let second = rest(1) { return ((first & 0x1F) << 6 | second, 2) }
        if first & 0xF0 == 0xE0, let second = rest(1), let third = rest(2) {
            return ((first & 0x0F) << 12 | second << 6 | third, 3)
        }
        return (nil, 1)
    }
}

/// Comma-separated values as lines of "column value", so that a value stands behind its column's name.
enum LabelledText {
    static func of(commaSeparated bytes: [UInt8]) -> [UInt8] {
        var columns: [[UInt8]] = []
        var (result, cell, row): ([UInt8], [UInt8], [[UInt8]]) = ([], [], [])
        var isQuoted = false
        func endRow() {
            row.append(cell)
            cell = []
            if columns.isEmpty {
                // A name is 64 bytes at most, so that a long first line does not multiply with the rows.
                columns = row.prefix(1_000).map { Array($0.prefix(64)) }
                for name in row { result += name + [0x0A] }
            } else {
                for (index, value) in row.enumerated() where !value.isEmpty {
                    if index < columns.count { result += columns[index] + [0x3A, 0x20] }
                    result += value + [0x0A]
                }
            }
            row = []
        }
        for byte in bytes {
            switch byte {
            case 0x22: isQuoted.toggle()
            case 0x2C where !isQuoted, 0x3B where !isQuoted, 0x09 where !isQuoted:
                row.append(cell)
                cell = []
            case 0x0A where !isQuoted: endRow()
            case 0x0D: break
            default: cell.append(byte)
            }
        }
        endRow()
        return result
    }
}
