// SPDX-License-Identifier: Apache-2.0
//
// The server's side of SCRAM-SHA-256 and SCRAM-SHA-256-PLUS (RFC 5802 section 5, RFC 7677) as a value. A sign-in is bound to the
// server's certificate (tls-server-end-point, RFC 5929); NIOSSL gives no exporter (tls-exporter, RFC 9266), and a client that asks
// for another binding is refused rather than misled.

import Foundation
import WardCrypto

/// Between two rounds of authentication.
package struct SASLExchange: Sendable {
    enum State: Sendable {
        case awaitingProof(SCRAMExchange)
        /// The server has proved itself; the client sends an empty line.
        case awaitingNothing(SubmissionAccount)
    }

    let login: String
    let state: State
}

/// What came of one round.
package enum SASLOutcome: Sendable {
    case challenge([UInt8], SASLExchange)
    case authenticated(SubmissionAccount)
    /// Wrong name, wrong password or a disabled account; which of them is not told.
    case rejected
    case malformed
    /// Too many failures from this network address.
    case throttled
    case unavailable
}

/// The client's first message.
struct SCRAMFirst: Hashable, Sendable {
    /// What the client says about channel binding (RFC 5802 section 5.1).
    enum Binding: Hashable, Sendable {
        /// It knows none (`n`).
        case unknown
        /// It knows binding, and was not offered it (`y`).
        case notOffered
        /// It binds, by this name (`p=`).
        case named(String)
    }

    let header: String
    let binding: Binding
    let bare: String
    let login: String
    let nonce: String

    /// Nil for what is malformed, or acts for another.
    init?(_ octets: [UInt8]) {
        guard octets.count <= 1_024, let text = String(validating: octets, as: UTF8.self) else { return nil }
        let parts = text.split(separator: ",", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let binding = Self.binding(parts[0]), parts[1].isEmpty else { return nil }
        self.binding = binding
        let attributes = parts[2].split(separator: ",", omittingEmptySubsequences: false)
        guard attributes.count >= 2, attributes[0].hasPrefix("n="), attributes[1].hasPrefix("r="),
            let login = Self.name(attributes[0].dropFirst(2)), (8...256).contains(attributes[1].utf8.count - 2),
            attributes[1].utf8.allSatisfy({ (0x21...0x7e).contains($0) })
        else { return nil }
        header = "\(parts[0]),,"
        bare = String(parts[2])
        self.login = login
        nonce = String(attributes[1].dropFirst(2))
    }

    private static func binding(_ flag: Substring) -> Binding? {
        switch flag {
        case "n": return .unknown
        case "y": return .notOffered
        default:
            let name = flag.dropFirst(2)
            let isName = name.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0) || $0 == 0x2d
                    || $0 == 0x2e
            }
            return flag.hasPrefix("p=") && !name.isEmpty && isName ? .named(String(name)) : nil
        }
    }

    /// Whether this goes with what was offered. A client that knows binding and believes that it was not offered, where it was,
    /// has somebody between itself and the server (RFC 5802 section 6).
    func fits(_ offered: ChannelBinding?, isBound: Bool) -> Bool {
        switch binding {
        case .unknown: !isBound
        case .notOffered: !isBound && offered == nil
        case .named(let name): isBound && offered?.name == name
        }
    }

    /// `=2C` is a comma and `=3D` an equals sign; any other `=` is an error.
    private static func name(_ text: Substring) -> String? {
        let pieces = text.split(separator: "=", omittingEmptySubsequences: false)
        var name = String(pieces[0])
        for piece in pieces.dropFirst() {
            if piece.hasPrefix("2C") {
                name += ","
            } else if piece.hasPrefix("3D") {
                name += "="
            } else {
                return nil
            }
            name += piece.dropFirst(2)
        }
        return name.isEmpty ? nil : name
    }
}

/// After the server's first message.
struct SCRAMExchange: Hashable, Sendable {
    let first: SCRAMFirst
    let keys: SCRAMKeys
    let nonce: String
    /// What the client's side of the connection must have, too; nil where nothing is bound.
    let binding: ChannelBinding?
    /// The server's first message.
    let challenge: String

    init(_ first: SCRAMFirst, keys: SCRAMKeys, nonce own: [UInt8], binding: ChannelBinding? = nil) {
        self.init(first: first, keys: keys, nonce: first.nonce + Data(own).base64EncodedString(), binding: binding)
    }

    /// - Parameter nonce: the client's with the server's after it.
    init(first: SCRAMFirst, keys: SCRAMKeys, nonce: String, binding: ChannelBinding? = nil) {
        self.first = first
        self.keys = keys
        self.nonce = nonce
        self.binding = binding
        challenge = "r=\(nonce),s=\(Data(keys.salt).base64EncodedString()),i=\(keys.iterations)"
    }

    enum Verdict: Hashable, Sendable {
        /// With the server's last message.
        case right([UInt8])
        case wrong
        case malformed
    }

    func judge(_ octets: [UInt8]) -> Verdict {
        guard octets.count <= 2_048, let text = String(validating: octets, as: UTF8.self),
            let cut = text.range(of: ",p=", options: .backwards)
        else { return .malformed }
        let withoutProof = String(text[..<cut.lowerBound])
        let attributes = withoutProof.split(separator: ",", omittingEmptySubsequences: false)
        guard attributes.count >= 2, attributes[0].hasPrefix("c="), attributes[1] == "r=\(nonce)",
            let proof = Data(base64Encoded: String(text[cut.upperBound...])), proof.count == Digest.byteCount
        else { return .malformed }
        let channel = Data(first.header.utf8) + Data(binding?.data ?? [])
        guard attributes[0].dropFirst(2) == channel.base64EncodedString() else {
            // Another certificate than ours: somebody stands between.
            return binding == nil ? .malformed : .wrong
        }
        let message = Array("\(first.bare),\(challenge),\(withoutProof)".utf8)
        let clientKey = SCRAM.exclusiveOr(Array(proof), SCRAM.code(keys.storedKey, message))
        guard Digest.isEqual(SCRAM.hash(clientKey), keys.storedKey) else { return .wrong }
        return .right(Array("v=\(Data(SCRAM.code(keys.serverKey, message)).base64EncodedString())".utf8))
    }
}
