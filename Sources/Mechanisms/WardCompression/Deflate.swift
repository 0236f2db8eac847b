// SPDX-License-Identifier: Apache-2.0

import CZlib

/// Compresses with DEFLATE (RFC 1951).
package enum Deflate {
    /// A gzip file (RFC 1952) of the octets, without a name or a time in it: the same octets give the same file.
    package static func gzip(_ octets: [UInt8]) throws(Inflate.Problem) -> [UInt8] {
        var stream = z_stream()
        let wrapping = Inflate.Wrapping.gzip.rawValue
        guard
            deflateInit2_(
                &stream,
                Z_BEST_COMPRESSION,
                Z_DEFLATED,
                wrapping,
                8,
                Z_DEFAULT_STRATEGY,
                ZLIB_VERSION,
                Int32(MemoryLayout<z_stream>.size)
            ) == Z_OK
        else { throw .malformed }
        defer { deflateEnd(&stream) }
        var input = octets
        // What `deflateBound` promises is enough for all of it at once.
        var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(input.count))))
        let code = input.withUnsafeMutableBufferPointer { source in
            output.withUnsafeMutableBufferPointer { target in
                stream.next_in = source.baseAddress
                stream.avail_in = UInt32(clamping: source.count)
                stream.next_out = target.baseAddress
                stream.avail_out = UInt32(clamping: target.count)
                return deflate(&stream, Z_FINISH)
            }
        }
        guard code == Z_STREAM_END else { throw .tooLong }
        return Array(output[..<(output.count - Int(stream.avail_out))])
    }
}
