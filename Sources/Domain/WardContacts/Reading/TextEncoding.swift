// SPDX-License-Identifier: Apache-2.0
//
// Encodings of uploaded files. Detection looks at every byte of the upload, not at a sample: a byte-order mark decides;
// else NULs in the even or odd places of the first bytes mean UTF-16; else the file is UTF-8 when all of it is valid
// (Unicode 15, table 3-7), save for a sequence cut off at the very end; else it is Windows-1252, unless it holds one of
// the five bytes that Windows-1252 leaves undefined (WHATWG Encoding would map them to controls, which no name has).
// Everything is then read as UTF-8; `rawLength` tells how many bytes of the file some UTF-8 stood for, so that a
// checkpoint can name a place in the file itself.

/// How the characters of a file are written.
package enum TextEncoding: String, Sendable, Codable, CaseIterable, Hashable {
    case utf8, utf16LittleEndian, utf16BigEndian, windows1252

    package var name: String {
        switch self {
        case .utf8: "UTF-8"
        case .utf16LittleEndian: "UTF-16 (little endian)"
        case .utf16BigEndian: "UTF-16 (big endian)"
        case .windows1252: "Windows-1252"
        }
    }

    /// How many bytes of the file stand for these bytes of UTF-8.
    func rawLength(ofUTF8 bytes: some Sequence<UInt8>) -> Int {
        var total = 0
        for byte in bytes {
            switch self {
            case .utf8: total += 1
            case .windows1252: total += byte & 0xC0 == 0x80 ? 0 : 1
            case .utf16LittleEndian, .utf16BigEndian: total += byte & 0xC0 == 0x80 ? 0 : byte >= 0xF0 ? 4 : 2
            }
        }
        return total
    }
}

/// The encoding of a file and how many bytes of it are the byte-order mark.
package struct DetectedEncoding: Sendable, Hashable, Codable {
    package var encoding: TextEncoding
    package var markLength: Int
}

/// Looks at a file as it is uploaded, one piece after another, and then names its encoding.
struct EncodingDetector {
    private var head: [UInt8] = []
    private var count: Int64 = 0
    private var expectedContinuations = 0
    private var continuationRange: ClosedRange<UInt8> = 0x80...0xBF
    private var isUTF8 = true
    private var firstUndefined1252: Int64?
    private var firstInvalidUTF8: Int64?
    private var controlCount: Int64 = 0

    mutating func feed(_ bytes: [UInt8]) {
        if head.count < 4_096 { head.append(contentsOf: bytes.prefix(4_096 - head.count)) }
        for byte in bytes {
            if byte >= 0x80 || expectedContinuations > 0 {
                step(byte)
            } else if byte < 0x20, byte != 0x09, byte != 0x0A, byte != 0x0D, byte != 0x0C {
                controlCount += 1
            }
            count += 1
        }
    }

    private mutating func step(_ byte: UInt8) {
        if [0x81, 0x8D, 0x8F, 0x90, 0x9D].contains(byte), firstUndefined1252 == nil { firstUndefined1252 = count }
        guard isUTF8 else { return }
        if expectedContinuations > 0 {
            guard continuationRange.contains(byte) else { return failUTF8() }
            expectedContinuations -= 1
            continuationRange = 0x80...0xBF
            return
        }
        switch byte {
        case 0xC2...0xDF: expectedContinuations = 1
        case 0xE0: (expectedContinuations, continuationRange) = (2, 0xA0...0xBF)
        case 0xED: (expectedContinuations, continuationRange) = (2, 0x80...0x9F)
        case 0xE1...0xEF: expectedContinuations = 2
        case 0xF0: (expectedContinuations, continuationRange) = (3, 0x90...0xBF)
        case 0xF1...0xF3: expectedContinuations = 3
        case 0xF4: (expectedContinuations, continuationRange) = (3, 0x80...0x8F)
        default: failUTF8()
        }
    }

    private mutating func failUTF8() {
        isUTF8 = false
        firstInvalidUTF8 = count
        expectedContinuations = 0
    }

    func result() throws(FileProblem) -> DetectedEncoding {
        guard count > 0 else { throw .empty }
        if head.starts(with: [0xEF, 0xBB, 0xBF]) {
            if count == 3 { throw .empty }
            if isUTF8 { return DetectedEncoding(encoding: .utf8, markLength: 3) }
            throw .unknownEncoding(byteOffset: firstInvalidUTF8 ?? 0)
        }
        if head.starts(with: [0xFF, 0xFE]) { return try marked(.utf16LittleEndian) }
        if head.starts(with: [0xFE, 0xFF]) { return try marked(.utf16BigEndian) }
        if let known = Self.knownBinary(head) { throw .binary(looksLike: known) }
        if let wide = wideWithoutMark() { return DetectedEncoding(encoding: wide, markLength: 0) }
        if controlCount > 64 || (controlCount > 4 && controlCount * 50 > count) { throw .binary(looksLike: nil) }
        if isUTF8 { return DetectedEncoding(encoding: .utf8, markLength: 0) }
        if let offset = firstUndefined1252 { throw .unknownEncoding(byteOffset: offset) }
        return DetectedEncoding(encoding: .windows1252, markLength: 0)
    }

    private func marked(_ encoding: TextEncoding) throws(FileProblem) -> DetectedEncoding {
        if count == 2 { throw .empty }
        return DetectedEncoding(encoding: encoding, markLength: 2)
    }

    private func wideWithoutMark() -> TextEncoding? {
        guard head.count >= 8 else { return nil }
        var nuls = (even: 0, odd: 0)
        for (position, byte) in head.enumerated() where byte == 0 {
            if position % 2 == 0 { nuls.even += 1 } else { nuls.odd += 1 }
        }
        let half = head.count / 2
        if nuls.odd * 10 > half * 7, nuls.even * 20 < half { return .utf16LittleEndian }
        if nuls.even * 10 > half * 7, nuls.odd * 20 < half { return .utf16BigEndian }
        return nil
    }

    private static func knownBinary(_ head: [UInt8]) -> String? {
        let signatures: [([UInt8], String)] = [
            ([0x50, 0x4B, 0x03, 0x04], "an Excel workbook or another ZIP archive"),
            ([0xD0, 0xCF, 0x11, 0xE0], "an old Excel workbook"),
            ([0x25, 0x50, 0x44, 0x46], "a PDF document"),
            ([0x1F, 0x8B], "a gzip archive"),
            ([0x89, 0x50, 0x4E, 0x47], "a PNG picture"),
            ([0xFF, 0xD8, 0xFF], "a JPEG picture"),
            (Array("PAR1".utf8), "a Parquet file"),
            (Array("SQLite format 3".utf8), "an SQLite database"),
        ]
        return signatures.first { head.starts(with: $0.0) }?.1
    }
}

/// Turns the file's bytes into UTF-8, one piece after another; invalid places become U+FFFD.
struct Transcoder {
    private let encoding: TextEncoding
    private var pending: [UInt8] = []
    private var highSurrogate: UInt16?

    init(from encoding: TextEncoding) { self.encoding = encoding }

    mutating func feed(_ bytes: [UInt8]) -> [UInt8] {
        switch encoding {
        case .utf8: return bytes
        case .windows1252: return Self.windows1252(bytes)
        case .utf16LittleEndian, .utf16BigEndian: return wide(bytes)
        }
    }

    private static let upper1252: [UInt32] = [
        0x20AC, 0xFFFD, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0xFFFD,
        0x017D, 0xFFFD, 0xFFFD, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A,
        0x0153, 0xFFFD, 0x017E, 0x0178,
    ]

    private static func windows1252(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + bytes.count / 8)
        for byte in bytes {
            switch byte {
            case 0..<0x80: result.append(byte)
            case 0x80..<0xA0: append(upper1252[Int(byte) - 0x80], to: &result)
            default: append(UInt32(byte), to: &result)
            }
        }
        return result
    }

    private mutating func wide(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        let input = pending + bytes
        let whole = input.count - input.count % 2
        for position in stride(from: 0, to: whole, by: 2) {
            let (first, second) = (UInt16(input[position]), UInt16(input[position + 1]))
            unit(encoding == .utf16LittleEndian ? second << 8 | first : first << 8 | second, into: &result)
        }
        pending = Array(input[whole...])
        return result
    }

    private mutating func unit(_ unit: UInt16, into result: inout [UInt8]) {
        if let high = highSurrogate {
            highSurrogate = nil
            if (0xDC00...0xDFFF).contains(unit) {
                let scalar = 0x10000 + (UInt32(high - 0xD800) << 10) + UInt32(unit - 0xDC00)
                return Self.append(scalar, to: &result)
            }
            // A lone surrogate is one unit, and U+FFFD stands for one unit too: offsets stay true.
            Self.append(0xFFFD, to: &result)
        }
        if (0xD800...0xDBFF).contains(unit) {
            highSurrogate = unit
        } else if (0xDC00...0xDFFF).contains(unit) {
            Self.append(0xFFFD, to: &result)
        } else {
            Self.append(UInt32(unit), to: &result)
        }
    }

    private static func append(_ scalar: UInt32, to result: inout [UInt8]) {
        switch scalar {
        case 0..<0x80: result.append(UInt8(scalar))
        case 0x80..<0x800:
            result.append(0xC0 | UInt8(scalar >> 6))
            result.append(0x80 | UInt8(scalar & 0x3F))
        case 0x800..<0x10000:
            result.append(0xE0 | UInt8(scalar >> 12))
            result.append(0x80 | UInt8(scalar >> 6 & 0x3F))
            result.append(0x80 | UInt8(scalar & 0x3F))
        default:
            result.append(0xF0 | UInt8(scalar >> 18))
            result.append(0x80 | UInt8(scalar >> 12 & 0x3F))
            result.append(0x80 | UInt8(scalar >> 6 & 0x3F))
            result.append(0x80 | UInt8(scalar & 0x3F))
        }
    }
}
