// SPDX-License-Identifier: Apache-2.0

import CSandbox
import Glibc

/// The child's side: confines itself, reads one request, answers it, and ends.
package enum SandboxChild {
    /// The hidden subcommand that a program gives to its own copy.
    package static let argument = "parse"
    private static let socket: Int32 = 3

    /// Whether these arguments (the program's name first) are those of a child.
    package static func isAsked(_ arguments: [String]) -> Bool {
        arguments.count == 4 && arguments[1] == argument && arguments[2].allSatisfy(\.isNumber)
    }

    /// Never returns. Call it before anything starts a thread or opens a file.
    ///
    /// - Parameters:
    ///   - warmUp: makes libraries read once what they cannot read later (their configuration, their sources of chance).
    ///   - answer: called once, confined.
    package static func serve(
        _ arguments: [String],
        warmUp: () -> Void = {},
        answer: (_ request: [UInt8]) -> [UInt8]
    ) -> Never {
        guard isAsked(arguments), let memory = UInt64(arguments[2]), let seconds = UInt64(arguments[3]) else {
            exit(64)
        }
        warmUp()
        let holding = ward_confine(memory, seconds)
        guard holding > 0, write([UInt8(holding)]), let length = read(8), let count = Frame.count(length),
            let request = read(count)
        else { exit(70) }
        let bytes = answer(request)
        guard write(Frame.length(of: bytes)), write(bytes) else { exit(70) }
        exit(0)
    }

    private static func read(_ count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var position = 0
        while position < count {
            let got = bytes.withUnsafeMutableBytes { buffer in
                Glibc.read(socket, buffer.baseAddress?.advanced(by: position), count - position)
            }
            if got < 0, errno == EINTR { continue }
            guard got > 0 else { return nil }
            position += got
        }
        return bytes
    }

    private static func write(_ bytes: [UInt8]) -> Bool {
        var position = 0
        while position < bytes.count {
            let sent = bytes[position...].withUnsafeBytes { Glibc.write(socket, $0.baseAddress, $0.count) }
            if sent < 0, errno == EINTR { continue }
            guard sent > 0 else { return false }
            position += sent
        }
        return true
    }
}
