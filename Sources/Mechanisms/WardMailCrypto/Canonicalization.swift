// SPDX-License-Identifier: Apache-2.0
//
// RFC 6376 section 3.4. Header, simple: as it is. Header, relaxed: name in lower case, unfolded, each run of white space one
// space, none at the value's ends. Body, simple: empty lines at the end go, and one CRLF ends it (an empty body is CRLF).
// Body, relaxed: white space at line ends goes, each run of it within a line is one space, empty lines at the end go (an
// empty body is nothing).

/// How a part of the message is brought into the form that is hashed.
enum Canonicalization: String, Sendable, Hashable {
    case simple, relaxed

    /// One header field without its final CRLF.
    func header(_ field: MessageOctets.Field, in bytes: [UInt8], value: ArraySlice<UInt8>? = nil) -> [UInt8] {
        let value = value ?? bytes[field.valueStart..<field.range.upperBound]
        switch self {
        case .simple: return Array(bytes[field.range.lowerBound..<field.valueStart]) + value
        case .relaxed: return Self.relaxedHeader(name: field.name, value: value)
        }
    }

    static func relaxedHeader(name: String, value: some Sequence<UInt8>) -> [UInt8] {
        var result = Array(name.utf8)
        result.append(0x3a)
        let start = result.count
        var isSpacePending = false
        for byte in value {
            switch byte {
            // CR and LF are there only where the field is folded.
            case 0x0d, 0x0a: continue
            case 0x20, 0x09: isSpacePending = result.count > start
            default:
                if isSpacePending { result.append(0x20) }
                isSpacePending = false
                result.append(byte)
            }
        }
        return result
    }

    func body(_ body: ArraySlice<UInt8>) -> [UInt8] {
        switch self {
        case .simple: Self.simpleBody(body)
        case .relaxed: Self.relaxedBody(body)
        }
    }

    private static func simpleBody(_ body: ArraySlice<UInt8>) -> [UInt8] {
        var end = body.endIndex
        while end - body.startIndex >= 2, body[end - 2] == 0x0d, body[end - 1] == 0x0a { end -= 2 }
        return Array(body[body.startIndex..<end]) + [0x0d, 0x0a]
    }

    private static func relaxedBody(_ body: ArraySlice<UInt8>) -> [UInt8] {
        // Never longer than the body and one line end.
        [UInt8](unsafeUninitializedCapacity: body.count + 2) { buffer, count in
            var written = 0
            var emptyLines = 0
            var isSpacePending = false
            var isLineEmpty = true
            func append(_ byte: UInt8) {
                buffer.initializeElement(at: written, to: byte)
                written += 1
            }
            func endLine() {
                append(0x0d)
                append(0x0a)
            }
            body.withUnsafeBufferPointer { bytes in
                for byte in bytes {
                    switch byte {
                    case 0x0d: continue
                    case 0x0a:
                        if isLineEmpty { emptyLines += 1 } else { endLine() }
                        isLineEmpty = true
                        isSpacePending = false
                    case 0x20, 0x09: isSpacePending = true
                    default:
                        while emptyLines > 0 {
                            endLine()
                            emptyLines -= 1
                        }
                        if isSpacePending { append(0x20) }
                        isSpacePending = false
                        isLineEmpty = false
                        append(byte)
                    }
                }
            }
            if !isLineEmpty { endLine() }
            count = written
        }
    }
}
