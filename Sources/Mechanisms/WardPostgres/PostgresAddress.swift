// SPDX-License-Identifier: Apache-2.0

import CLibPQ
import Glibc

/// Why an address is not used. The description repeats nothing of it: it may hold a password.
package enum PostgresAddressProblem: Error, Hashable, Sendable, CustomStringConvertible {
    case unreadable
    /// Another machine, with a mode that would let its certificate go unchecked.
    case unverifiedTLS
    case service

    package var description: String {
        switch self {
        case .unreadable:
            "The address of PostgreSQL is not one that libpq reads, such as postgres://ward@db.example/ward."
        case .service:
            "A connection service (service=, PGSERVICE) is not used: name the host in the address, so that it is known "
                + "whether TLS must be verified."
        case .unverifiedTLS:
            "PostgreSQL on another machine is reached over verified TLS only: leave sslmode out of the address, or set "
                + "sslmode=verify-full, with sslrootcert=FILE for the authority that signed its certificate."
        }
    }
}

/// A connection address or `key=value` words as libpq takes them, looked through before anything is sent: what goes to
/// another machine goes over TLS whose certificate and name are verified, since rows also hold what is not sealed (times,
/// identifiers, keyed look-ups) and the connection carries a password.
struct PostgresAddress {
    /// Every host is a socket's folder, a loopback address, or none (libpq's standard: the local socket).
    let isLocal: Bool

    /// - Throws: `PostgresAddressProblem`.
    init(_ text: String) throws {
        guard let options = PQconninfoParse(text, nil) else { throw PostgresAddressProblem.unreadable }
        defer { PQconninfoFree(options) }
        var words: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { words[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        let environment = { (name: String) in getenv(name).map { String(cString: $0) } }
        // A service file may name any host and any mode: it is not looked into, so it is not taken.
        guard words["service"] == nil, environment("PGSERVICE") == nil else { throw PostgresAddressProblem.service }
        let hosts = (words["hostaddr"] ?? environment("PGHOSTADDR") ?? words["host"] ?? environment("PGHOST") ?? "")
            .split(separator: ",")
        isLocal = hosts.allSatisfy { $0.hasPrefix("/") || $0 == "localhost" || Self.isLoopback(String($0)) }
        let mode = words["sslmode"] ?? environment("PGSSLMODE")
        guard isLocal || mode == nil || mode == "verify-full" else { throw PostgresAddressProblem.unverifiedTLS }
    }

    /// 127.0.0.0/8 (RFC 1122 section 3.2.1.3) or ::1 (RFC 4291 section 2.5.3).
    private static func isLoopback(_ host: String) -> Bool {
        var four = in_addr()
        if inet_pton(AF_INET, host, &four) == 1 { return UInt32(bigEndian: four.s_addr) >> 24 == 127 }
        var six = in6_addr()
        guard inet_pton(AF_INET6, host, &six) == 1 else { return false }
        return withUnsafeBytes(of: six) { $0.dropLast().allSatisfy { $0 == 0 } && $0.last == 1 }
    }
}
