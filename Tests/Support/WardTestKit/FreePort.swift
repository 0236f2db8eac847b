// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Ports of the loopback address.
package enum FreePort {
    package struct NoPort: Error {}

    /// A port that nobody listens on now. The system gives out ephemeral ports in turn, so that tests side by side get different
    /// ones.
    package static func find() throws -> Int {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard socket >= 0 else { throw NoPort() }
        defer { close(socket) }
        var address = loopback(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withSocketAddress(&address) {
            bind(socket, $0, length) == 0 && getsockname(socket, $0, &length) == 0
        }
        guard isBound else { throw NoPort() }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    /// Whether somebody accepts connections there.
    package static func answers(_ port: Int) -> Bool {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard socket >= 0 else { return false }
        defer { close(socket) }
        var address = loopback(UInt16(port))
        let length = socklen_t(MemoryLayout<sockaddr_in>.size)
        return withSocketAddress(&address) { connect(socket, $0, length) == 0 }
    }

    private static func loopback(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return address
    }

    private static func withSocketAddress<Result>(
        _ address: inout sockaddr_in,
        _ body: (UnsafeMutablePointer<sockaddr>) -> Result
    ) -> Result {
        withUnsafeMutableBytes(of: &address) { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) { buffer in
                // The structure has just been made and is not empty.
                var nothing = sockaddr()
                return buffer.baseAddress.map(body) ?? withUnsafeMutablePointer(to: &nothing, body)
            }
        }
    }
}
