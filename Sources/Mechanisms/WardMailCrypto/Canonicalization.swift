// SPDX-License-Identifier: Apache-2.0
//
// RFC 6376 section 3.4. Header, simple: as it is. Header, relaxed: name in lower case, unfolded, each run of white space one
// space, none at the value's ends. Body, simple: empty lines at the end go, and one CRLF ends it (an empty body is CRLF).
// Body, relaxed: white space at line ends goes, each run of it within a line is one space, empty lines at the end go (an
// empty body is nothing).

import Glibc

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
            body.withUnsafeBufferPointer { octets in
                guard let first = octets.baseAddress, let target = buffer.baseAddress else { return }
                count = relaxed(first, octets.count, into: target)
            }
        }
    }

    /// Line by line: most hold no white space but single spaces between words, and are copied as they are.
    ///
    /// - Returns: how many octets were written.
    private static func relaxed(
        _ body: UnsafePointer<UInt8>,
        _ count: Int,
        into target: UnsafeMutablePointer<UInt8>
    ) -> Int {
        var (written, emptyLines, start) = (0, 0, 0)
        while start < count {
            let found = memchr(body + start, 0x0a, count - start)
            let end = found.map { UnsafeRawPointer(body).distance(to: UnsafeRawPointer($0)) } ?? count
            var stop = end
            if stop > start, body[stop - 1] == 0x0d { stop -= 1 }
            // Empty lines count only where something follows.
            let length = copy(body + start, stop - start, to: target + written + 2 * emptyLines)
            start = end + 1
            guard length > 0 else {
                emptyLines += 1
                continue
            }
            for _ in 0..<emptyLines { endLine(target, &written) }
            emptyLines = 0
            written += length
            endLine(target, &written)
        }
        return written
    }

    private static func endLine(_ target: UnsafeMutablePointer<UInt8>, _ written: inout Int) {
        target[written] = 0x0d
        target[written + 1] = 0x0a
        written += 2
    }

    /// A line's octets in their relaxed form.
    ///
    /// - Returns: how many octets were written: none for a line of white space.
    private static func copy(
        _ line: UnsafePointer<UInt8>,
        _ count: Int,
        to target: UnsafeMutablePointer<UInt8>
    ) -> Int {
        if isRelaxed(line, count) {
            target.update(from: line, count: count)
            return count
        }
        var (written, isSpacePending) = (0, false)
        for index in 0..<count {
            switch line[index] {
            case 0x20, 0x09: isSpacePending = true
            case 0x0d: continue
            default:
                if isSpacePending {
                    target[written] = 0x20
                    written += 1
                    isSpacePending = false
                }
                target[written] = line[index]
                written += 1
            }
        }
        return written
    }

    /// Whether a line is in its relaxed form already. Loops without a way out, which the compiler does many octets at a time.
    private static func isRelaxed(_ line: UnsafePointer<UInt8>, _ count: Int) -> Bool {
        guard count > 0 else { return true }
        var other: UInt8 = 0
        for index in 0..<count { other |= (line[index] == 0x09 ? 1 : 0) | (line[index] == 0x0d ? 1 : 0) }
        for index in 0..<count - 1 { other |= (line[index] == 0x20 ? 1 : 0) & (line[index &+ 1] == 0x20 ? 1 : 0) }
        return other == 0 && line[count - 1] != 0x20
    }
}
