// SPDX-License-Identifier: Apache-2.0
//
// NIOSSL does not tell which cipher suite was agreed. The server names it in its first handshake record, ServerHello, which is
// in the clear in TLS 1.2 (RFC 5246 section 7.4.1.3) and in TLS 1.3 (RFC 8446 section 4.1.3); a HelloRetryRequest has the same
// form and the same suite.

import NIOCore

/// Stands before the TLS handler and reads the cipher suite out of ServerHello.
final class CipherObserver: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private var seen: [UInt8] = []
    private(set) var cipher: String?
    private var isDone = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if !isDone { observe(unwrapInboundIn(data)) }
        context.fireChannelRead(data)
    }

    private func observe(_ buffer: ByteBuffer) {
        seen.append(contentsOf: buffer.readableBytesView.prefix(128 - min(seen.count, 128)))
        // Record header (5), handshake type and length (4), version (2), random (32), length of the session identifier.
        let position = 5 + 4 + 2 + 32
        guard seen.count > position else { return }
        guard seen[0] == 22, seen[5] == 2 else {
            isDone = true
            return
        }
        let suite = position + 1 + Int(seen[position])
        guard seen.count > suite + 1 else {
            isDone = seen.count >= 128
            return
        }
        isDone = true
        cipher = Self.names[UInt16(seen[suite]) << 8 | UInt16(seen[suite + 1])]
        seen = []
    }

    /// The suites that `TLSContext` offers, with their IANA names.
    private static let names: [UInt16: String] = [
        0x1301: "TLS_AES_128_GCM_SHA256",
        0x1302: "TLS_AES_256_GCM_SHA384",
        0x1303: "TLS_CHACHA20_POLY1305_SHA256",
        0xc02b: "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
        0xc02c: "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        0xc02f: "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        0xc030: "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
        0xcca8: "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
        0xcca9: "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    ]
}
