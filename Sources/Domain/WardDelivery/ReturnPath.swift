// SPDX-License-Identifier: Apache-2.0
//
// Variable return paths: each message goes out with an envelope sender of its own, `bounce+TOKEN@` the sender domain, so that a
// notice that comes back names the message, and only somebody who was given the message can name it. The key is the
// organization's: the token binds both. Made from the identifier alone, it is the same for every attempt.

import WardCrypto
package import WardKernel
package import WardStorage
import WardVault

extension KeyPurpose {
    /// Keys the tokens of return paths.
    static let returnPath = KeyPurpose("delivery.return_path")
    /// Keys the digests by which mail that comes in twice is known.
    static let incomingDigest = KeyPurpose("delivery.incoming")
}

extension Delivery {
    static let returnPathPrefix = "bounce+"

    /// Where notices about this message go.
    func returnPath(
        of message: MessageID,
        sender: EmailAddress,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> EmailAddress {
        let key = try vault.purposeKey(.returnPath, of: organization, in: tx)
        let token = key.expose(for: .blindIndexing) { AddressToken.text(message.bytes, key: $0) }
        return EmailAddress("\(Self.returnPathPrefix)\(token)@\(sender.domain)") ?? sender
    }

    /// The message whose return path this is; nil for a token that was not made here, is damaged or is another
    /// organization's.
    package func message(
        behind returnPath: EmailAddress,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> MessageID? {
        guard returnPath.local.lowercased().hasPrefix(Self.returnPathPrefix) else { return nil }
        let token = returnPath.local.dropFirst(Self.returnPathPrefix.count)
        let key = try vault.purposeKey(.returnPath, of: organization, in: tx)
        guard let bytes = key.expose(for: .blindIndexing, { AddressToken.identifier(token, key: $0) }),
            let id = MessageID(bytes: bytes)
        else { return nil }
        return try DeliveryQueries.find(id, of: organization, in: tx) == nil ? nil : id
    }

    /// Whether mail is taken at this address.
    package func isReturnPath(_ address: EmailAddress, of organization: OrganizationID) async throws -> Bool {
        try await store.read { tx in try self.message(behind: address, of: organization, in: tx) != nil }
    }
}
