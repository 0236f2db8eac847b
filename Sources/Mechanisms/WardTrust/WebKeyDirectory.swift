// SPDX-License-Identifier: Apache-2.0
//
// The OpenPGP Web Key Directory (draft-koch-openpgp-webkey-service, section 3.1): a domain publishes its people's keys at an
// address that follows from theirs.
//
//     advanced   https://openpgpkey.DOMAIN/.well-known/openpgpkey/DOMAIN/hu/HASH?l=LOCAL
//     direct     https://DOMAIN/.well-known/openpgpkey/hu/HASH?l=LOCAL
//
// The direct address is asked only where the host of the advanced one does not exist: a domain that has it has decided.
// HASH is z-base-32 (RFC 6189 section 5.1.6) of SHA-1 of the local part in lower case.

import Crypto
import Foundation

/// What a domain's directory has for an address.
package enum WebKeyFinding: Sendable, Hashable {
    /// A key as it was published: octets of a stranger.
    case found([UInt8])
    /// The directory, or the address in it, does not exist.
    case nothing
    case problem(WebProblem)
}

extension WebFetcher {
    /// Asks the address's domain. The domain learns that somebody asks about this address.
    ///
    /// - Parameter largest: octets of a key.
    package func webKey(local: String, domain: String, largest: Int) async -> WebKeyFinding {
        let advanced = Self.directoryRequest(local, domain, isAdvanced: true, largest: largest)
        var answer = await fetch(advanced)
        if answer == .failure(.noSuchHost) {
            answer = await fetch(Self.directoryRequest(local, domain, isAdvanced: false, largest: largest))
        }
        switch answer {
        case .success(let octets): return .found(octets)
        case .failure(.noSuchHost), .failure(.status(404)), .failure(.status(410)): return .nothing
        case .failure(let problem): return .problem(problem)
        }
    }

    static func directoryRequest(
        _ local: String,
        _ domain: String,
        isAdvanced: Bool,
        largest: Int
    ) -> WebRequest {
        let lower = domain.lowercased()
        // RFC 3986 section 2.3.
        let plain = CharacterSet(
            charactersIn: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~"
        )
        let name = local.addingPercentEncoding(withAllowedCharacters: plain) ?? ""
        let place = isAdvanced ? "\(lower)/hu" : "hu"
        return WebRequest(
            host: isAdvanced ? "openpgpkey.\(lower)" : lower,
            path: "/.well-known/openpgpkey/\(place)/\(directoryHash(local))?l=\(name)",
            accept: "application/octet-stream",
            largest: largest
        )
    }

    /// 32 characters. Upper case is lowered in ASCII alone, as the draft says.
    static func directoryHash(_ local: String) -> String {
        let lower = local.utf8.map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }
        let alphabet = Array("ybndrfg8ejkmcpqxot1uwisza345h769")
        var (text, buffer, bits) = ("", UInt32(0), 0)
        for octet in Insecure.SHA1.hash(data: lower) {
            buffer = (buffer << 8 | UInt32(octet)) & 0xffff
            bits += 8
            while bits >= 5 {
                bits -= 5
                text.append(alphabet[Int(buffer >> UInt32(bits) & 31)])
            }
        }
        return text
    }
}
