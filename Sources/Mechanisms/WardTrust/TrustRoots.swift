// SPDX-License-Identifier: Apache-2.0

import SwiftASN1
package import X509

/// Whose certificates are believed.
package struct TrustRoots: Sendable {
    let store: CertificateStore

    /// The machine's own store, `/etc/ssl/certs/ca-certificates.crt` on Debian, read once.
    package static var system: TrustRoots { TrustRoots(store: CertificateStore.systemTrustRoots) }

    /// These and no others.
    package init(_ certificates: [Certificate]) { store = CertificateStore(certificates) }

    /// All certificates of a PEM text (RFC 7468).
    package init(pem: String) throws(TrustRootsError) {
        do {
            let documents = try PEMDocument.parseMultiple(pemString: pem)
            store = CertificateStore(try documents.map { try Certificate(pemDocument: $0) })
        } catch {
            throw TrustRootsError()
        }
    }

    private init(store: CertificateStore) { self.store = store }
}

/// A text that was to hold trusted certificates does not.
package struct TrustRootsError: Error, CustomStringConvertible {
    package var description: String {
        "The trusted certificates cannot be read: they must be certificates in PEM form."
    }
}
