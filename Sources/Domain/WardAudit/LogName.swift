// SPDX-License-Identifier: Apache-2.0
//
// A log is called `<installation's host name>/audit/<organization>`; its checkpoints bear that as origin, and their key
// bears the same name. The host name may change in the life of an installation, the key and the organization do not: a
// checkpoint that was signed under an earlier host name is still the log's.

import WardCrypto
import WardKernel

enum LogName {
    private static let mark = "/audit/"

    static func suffix(of organization: OrganizationID) -> String { mark + organization.description }

    /// A checkpoint that this key signed for this organization under any host name; throws `badSignature` or `malformed`.
    static func checkpoint(_ note: String, verifier: NoteVerifier) throws(CryptoError) -> Checkpoint {
        let origin = String(note.prefix { $0 != "\n" })
        guard let organization = organization(in: verifier.name), organization == Self.organization(in: origin),
            let renamed = verifier.named(origin)
        else { throw CryptoError(.badSignature) }
        return try Checkpoint(note: note, verifier: renamed)
    }

    /// The organization that a log's name ends with.
    static func organization(in name: String) -> OrganizationID? {
        guard let start = name.firstRange(of: mark)?.upperBound else { return nil }
        return OrganizationID(name[start...])
    }
}
