// SPDX-License-Identifier: Apache-2.0

package import WardKernel

/// Why the vault does not seal or open. Descriptions name keys and places, never a value.
package enum VaultError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The organization has no keys: it was never established in this database.
    case notEstablished(OrganizationID)
    /// The organization has keys already.
    case alreadyEstablished(OrganizationID)
    /// The organization's keys are wrapped by another root key than the one in the key file.
    case wrongRootKey(needed: String, found: String)
    /// So many organization keys still hang on the old root key: the rotation is to be run again.
    case rotationUnfinished(keys: Int)
    /// The epoch key that wraps a person's key is not among the key files.
    case epochKeyMissing(epoch: Int64)
    /// The person never had a key here.
    case subjectUnknown(SubjectID)
    /// The person was erased: what was sealed under that key cannot be read by anyone.
    case subjectErased(SubjectID)
    /// The record does not open: it was changed, or moved from another place, or its key is another one.
    case doesNotOpen(RecordKind)
    /// The key version that sealed the record is not known.
    case keyVersionUnknown(UInt32)

    package var description: String {
        switch self {
        case .notEstablished(let organization):
            "vault.not_established: organization \(organization) has no keys in this database."
        case .alreadyEstablished(let organization):
            "vault.already_established: organization \(organization) has keys already."
        case .wrongRootKey(let needed, let found):
            "vault.wrong_root_key: this database needs the root key \(needed), but the key file holds \(found). "
                + "Put the right key file in place or name it in the configuration."
        case .rotationUnfinished(let count):
            "vault.rotation_unfinished: \(count) keys still hang on the old root key. Run the rotation again."
        case .epochKeyMissing(let epoch):
            "vault.epoch_key_missing: the key file of epoch \(epoch) is not in the key directory. Restore it from the "
                + "key backup."
        case .subjectUnknown(let subject): "vault.subject_unknown: there is no key for person \(subject)."
        case .subjectErased(let subject): "vault.subject_erased: the key of person \(subject) was destroyed."
        case .doesNotOpen(let kind):
            "vault.does_not_open: a record of the kind \(kind.name) (\(kind.number)) was changed or moved."
        case .keyVersionUnknown(let version): "vault.key_version_unknown: no key of version \(version)."
        }
    }
}
