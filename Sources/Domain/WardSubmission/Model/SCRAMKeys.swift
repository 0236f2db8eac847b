// SPDX-License-Identifier: Apache-2.0
//
// RFC 5802 section 3 with SHA-256 (RFC 7677). The passwords are Ward's own random ones of 100 bits, so that the number of
// iterations protects nothing that could be guessed; 4,096 is RFC 7677's least, for the sake of clients that look.

import Crypto
import WardCrypto

/// What is kept of a password: enough to check it, not enough to use it elsewhere.
struct SCRAMKeys: Hashable, Sendable, Codable {
    static let iterations = 4_096

    var salt: [UInt8]
    var iterations: Int
    var storedKey: [UInt8]
    var serverKey: [UInt8]

    init(password: String, salt: [UInt8], iterations: Int = SCRAMKeys.iterations) throws {
        let salted = try StretchedPassword.pbkdf2(Array(password.utf8), salt: salt, iterations: iterations)
        self.salt = salt
        self.iterations = iterations
        storedKey = SCRAM.hash(SCRAM.code(salted, Array("Client Key".utf8)))
        serverKey = SCRAM.code(salted, Array("Server Key".utf8))
    }

    /// Keys that fit no password, for names that do not exist.
    init(nothing salt: [UInt8], _ random: [UInt8]) {
        self.salt = salt
        iterations = Self.iterations
        storedKey = random
        serverKey = random
    }
}

enum SCRAM {
    static func code(_ key: [UInt8], _ text: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: text, using: SymmetricKey(data: key)))
    }

    static func hash(_ octets: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: octets)) }

    static func exclusiveOr(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] { zip(left, right).map { $0 ^ $1 } }
}
