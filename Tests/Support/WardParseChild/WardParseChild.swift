// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import WardMailCrypto
import WardSandbox

/// The child of the tests: what `ward parse` does, and, for requests that begin with `!`, what hostile bytes would have a
/// program do that they have taken over.
@main
enum WardParseChild {
    static func main() {
        SandboxChild.serve(CommandLine.arguments, warmUp: ConfinedTask.warmUp) { request in
            guard request.first == UInt8(ascii: "!") else { return ConfinedTask.answer(to: request) }
            return misbehave(String(decoding: request.dropFirst(), as: UTF8.self))
        }
    }

    private static func misbehave(_ order: String) -> [UInt8] {
        switch order {
        case "open":
            let file = open("/etc/passwd", O_RDONLY)
            return Array("\(file < 0 ? "refused \(errno)" : "opened")".utf8)
        case "connect":
            let made = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            return Array("\(made < 0 ? "refused \(errno)" : "connected")".utf8)
        case "run":
            let arguments: [UnsafeMutablePointer<CChar>?] = [strdup("/bin/true"), nil]
            execve("/bin/true", arguments, [nil])
            return Array("refused".utf8)
        case "memory":
            var kept: [[UInt8]] = []
            while true { kept.append([UInt8](repeating: UInt8(kept.count & 255), count: 1 << 24)) }
        case "spin":
            var number: UInt64 = 1
            while number != 0 { number = number &* 6_364_136_223_846_793_005 | 1 }
            return []
        case "wait":
            while true { sched_yield() }
        case "crash": abort()
        case "silent": exit(0)
        default: return Array(order.utf8)
        }
    }
}
