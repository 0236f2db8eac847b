// SPDX-License-Identifier: Apache-2.0
//
// libcrypto 3.0 sets a decoder up for the public key of each certificate that it reads, which takes a quarter of a millisecond:
// more than half of what encrypting a message to it does. Whoever writes to the same people again reads their certificates
// once.

import Synchronization
package import WardCrypto

/// Recipients' certificates that were read lately, by their octets. Whether one may still be used is not asked here.
package final class KnownCertificates: Sendable {
    /// About 10 KiB each.
    package static let capacity = 1_000

    private let known = Mutex<[[UInt8]: MailCertificate]>([:])

    package init() {}

    /// The certificate with these octets (DER).
    package func certificate(_ octets: [UInt8]) throws(CryptoError) -> MailCertificate {
        if let found = known.withLock({ $0[octets] }) { return found }
        let certificate = try MailCertificate(octets)
        known.withLock { known in
            if known.count >= Self.capacity { known.removeAll() }
            known[octets] = certificate
        }
        return certificate
    }

    /// How many are kept.
    package var count: Int { known.withLock { $0.count } }
}
