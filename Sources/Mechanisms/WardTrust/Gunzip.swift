// SPDX-License-Identifier: Apache-2.0

import CZlib

/// Expands gzip (RFC 1952) with zlib, never beyond a limit: a small file can stand for gigabytes.
enum Gunzip {
    enum Problem: Error, Hashable {
        case malformed
        /// It stands for more than the limit.
        case tooLong
    }

    static func isCompressed(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0x1f, 0x8b]) }

    /// The octets that the first member of `bytes` stands for; what follows it is not looked at.
    static func expand(_ bytes: [UInt8], limit: Int) throws(Problem) -> [UInt8] {
        var stream = z_stream()
        // 15 bits of window, and 16 for the gzip form.
        guard inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw .malformed
        }
        defer { inflateEnd(&stream) }
        var input = bytes
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
