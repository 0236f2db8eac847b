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
            body.withUnsafeBufferPointer { count = relaxed($0, into: buffer) }
        }
    }

    /// - Returns: how many octets were written.
    private static func relaxed(
        _ body: UnsafeBufferPointer<UInt8>,
        into buffer: UnsafeMutableBufferPointer<UInt8>
    ) -> Int {
        var written = 0
        var (emptyLines, isSpacePending, isLineEmpty) = (0, false, true)
        for octet in body {
            if octet > 0x20 || octet != 0x20 && octet != 0x09 && octet != 0x0a && octet != 0x0d {
                if isLineEmpty {
                    for _ in 0..<emptyLines {
                        buffer.initializeElement(at: written, to: 0x0d)
                        buffer.initializeElement(at: written + 1, to: 0x0a)
                        written += 2
                    }
                    (emptyLines, isLineEmpty) = (0, false)
                }
                if isSpacePending {
                    buffer.initializeElement(at: written, to: 0x20)
                    written += 1
                    isSpacePending = false
                }
                buffer.initializeElement(at: written, to: octet)
                written += 1
            } else if octet == 0x0a {
                if isLineEmpty {
                    emptyLines += 1
                } else {
                    buffer.initializeElement(at: written, to: 0x0d)
                    buffer.initializeElement(at: written + 1, to: 0x0a)
                    written += 2
                }
                (isLineEmpty, isSpacePending) = (true, false)
            } else if octet != 0x0d {
                isSpacePending = true
            }
        }
        if !isLineEmpty {
            buffer.initializeElement(at: written, to: 0x0d)
            buffer.initializeElement(at: written + 1, to: 0x0a)
            written += 2
        }
        return written
    }
}
