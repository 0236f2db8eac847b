// SPDX-License-Identifier: Apache-2.0

import CZlib

/// Expands what was compressed with DEFLATE (RFC 1951), never beyond a limit: a small file can stand for gigabytes.
package enum Inflate {
    /// What is around the compressed octets.
    package enum Wrapping: Int32, Sendable {
        /// Nothing, as in ZIP archives.
        case none = -15
        /// RFC 1950, as in PDF.
        case zlib = 15
        /// RFC 1952.
        case gzip = 31
    }

    package enum Problem: Error, Hashable, Sendable {
        case malformed
        /// It stands for more than the limit.
        case tooLong
    }

    /// Whether it begins as gzip does.
    package static func isGzip(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0x1f, 0x8b]) }

    /// The octets that the first member of `bytes` stands for; what follows it is not looked at.
    package static func expand(
        _ bytes: some Collection<UInt8>,
        _ wrapping: Wrapping,
        limit: Int
    ) throws(Problem) -> [UInt8] {
        var stream = z_stream()
        guard
            inflateInit2_(&stream, wrapping.rawValue, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
        else { throw .malformed }
        defer { inflateEnd(&stream) }
        var input = Array(bytes)
        var expanded: [UInt8] = []
        var isTooLong = false
        let end = input.withUnsafeMutableBufferPointer { source -> Int32 in
            stream.next_in = source.baseAddress
            stream.avail_in = UInt32(clamping: source.count)
            var chunk = [UInt8](repeating: 0, count: 65_536)
            while true {
                let (code, count) = chunk.withUnsafeMutableBufferPointer { target in
                    stream.next_out = target.baseAddress
                    stream.avail_out = UInt32(target.count)
                    let code = inflate(&stream, Z_NO_FLUSH)
                    return (code, target.count - Int(stream.avail_out))
                }
                if expanded.count + count > limit {
                    isTooLong = true
                    return Z_BUF_ERROR
                }
                expanded += chunk[..<count]
                if code != Z_OK || count == 0 { return code }
            }
        }
        if isTooLong { throw .tooLong }
        guard end == Z_STREAM_END else { throw .malformed }
        return expanded
    }
}
