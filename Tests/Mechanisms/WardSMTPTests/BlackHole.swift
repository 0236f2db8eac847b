// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A port that swallows attempts to connect: it listens with the smallest backlog, which is full, so that the kernel drops
/// each further SYN, as a firewall would.
enum BlackHole {
    struct Failure: Error {}

    static func with<Result>(
        _ address: String,
        port: Int = 0,
        _ body: (Int) async throws -> Result
    ) async throws -> Result {
        let listener = socket(address.contains(":") ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var filling: [Int32] = []
        defer { for descriptor in filling + [listener] { close(descriptor) } }
        let bound = try bind(listener, address, port)
        guard listen(listener, 0) == 0 else { throw Failure() }
        // A backlog of 0 holds one; the further ones stay half open.
        for _ in 0..<4 {
            let descriptor = socket(address.contains(":") ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
            filling.append(descriptor)
            _ = withAddress(address, bound) { connect(descriptor, $0, $1) }
        }
        return try await body(bound)
    }

    private static func bind(_ listener: Int32, _ address: String, _ port: Int) throws -> Int {
        guard withAddress(address, port, { Glibc.bind(listener, $0, $1) }) == 0 else { throw Failure() }
        var found = sockaddr_in6()
        var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        let answered = withUnsafeMutablePointer(to: &found) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(listener, $0, &length) }
        }
        guard answered == 0 else { throw Failure() }
        // The port stands at the same place in both families.
        return Int(UInt16(bigEndian: found.sin6_port))
    }

    private static func withAddress(
        _ text: String,
        _ port: Int,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    )
        -> Int32
    {
        if text.contains(":") {
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = UInt16(port).bigEndian
            inet_pton(AF_INET6, text, &address.sin6_addr)
            return withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    body($0, socklen_t(MemoryLayout<sockaddr_in6>.size))
                }
            }
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        inet_pton(AF_INET, text, &address.sin_addr)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
