// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A message as DKIM sees it: header fields as they stand, and the body.
struct MessageOctets: Sendable {
    struct Field: Sendable {
        /// Lower case.
        let name: String
        /// From the first octet of the name to the last before the field's final CRLF.
        let range: Range<Int>
        /// Where the value begins: behind the colon.
        let valueStart: Int
    }

    let bytes: [UInt8]
    let fields: [Field]
    let body: Range<Int>

    init(_ bytes: [UInt8]) throws(DKIMError) {
        self.bytes = bytes
        let reading = bytes.withUnsafeBufferPointer { Self.read($0) }
        switch reading {
        case .success((let fields, let body)):
            self.fields = fields
            self.body = body
        case .failure(let error): throw error
        }
    }

    /// The octets of the body.
    var bodyOctets: ArraySlice<UInt8> { bytes[body] }

    private static func read(
        _ bytes: UnsafeBufferPointer<UInt8>
    ) -> Result<([Field], Range<Int>), DKIMError> {
        var fields: [Field] = []
        var start = 0
        var bodyStart = bytes.count
        var position = 0
        while position < bytes.count {
            guard let end = lineEnd(in: bytes, from: position) else { return .failure(.bareLineEnd) }
            let next = min(end + 2, bytes.count)
            if end == position {
                bodyStart = next
                break
            }
            if bytes[position] == 0x20 || bytes[position] == 0x09 {
                guard let last = fields.popLast() else { return .failure(.malformedHeader) }
                fields.append(Field(name: last.name, range: start..<end, valueStart: last.valueStart))
            } else {
                guard let field = field(in: bytes, position..<end) else { return .failure(.malformedHeader) }
                fields.append(field)
                start = position
            }
            position = next
        }
        position = bodyStart
        while position < bytes.count {
            guard let end = lineEnd(in: bytes, from: position) else { return .failure(.bareLineEnd) }
            position = end + 2
        }
        return .success((fields, min(bodyStart, bytes.count)..<bytes.count))
    }

    /// Where the line's CRLF begins, or the end of the message; nil at a bare CR or LF.
    private static func lineEnd(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
        guard let base = bytes.baseAddress, start < bytes.count else { return bytes.count }
        let line = UnsafeRawPointer(base + start)
        let feed = memchr(line, 0x0a, bytes.count - start).map { $0 - UnsafeMutableRawPointer(mutating: line) }
        let length = feed ?? bytes.count - start
        let hasReturn = memchr(line, 0x0d, length).map { $0 - UnsafeMutableRawPointer(mutating: line) }
        // The first CR is the one before the LF, or neither is there.
        guard feed != nil else { return hasReturn == nil ? bytes.count : nil }
        return hasReturn == length - 1 ? start + length - 1 : nil
    }

    /// `name`, white space (RFC 5322 section 4.5), colon.
    private static func field(in bytes: UnsafeBufferPointer<UInt8>, _ line: Range<Int>) -> Field? {
        guard let colon = line.first(where: { bytes[$0] == 0x3a }) else { return nil }
        var end = colon
        while end > line.lowerBound, bytes[end - 1] == 0x20 || bytes[end - 1] == 0x09 { end -= 1 }
        guard end > line.lowerBound, (line.lowerBound..<end).allSatisfy({ (0x21...0x7e).contains(bytes[$0]) }) else {
            return nil
        }
        let name = String(decoding: UnsafeBufferPointer(rebasing: bytes[line.lowerBound..<end]), as: UTF8.self)
        return Field(name: name.lowercased(), range: line, valueStart: colon + 1)
    }

    /// Whether every line is short enough to reach the receiver as it is.
    var hasLongLine: Bool {
        bytes.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return false }
            var start = 0
            while let feed = memchr(base + start, 0x0a, bytes.count - start) {
                let end = feed - UnsafeMutableRawPointer(mutating: base)
                // The CR counts here and not in RFC 5322's 998.
                if end - start > DKIM.longestLine + 1 { return true }
                start = end + 1
            }
            return bytes.count - start > DKIM.longestLine
        }
    }
}
