// SPDX-License-Identifier: Apache-2.0

import WardCrypto
import WardKernel
import WardStorage
import WardVault

extension KeyPurpose {
    /// Keys the tokens of the addresses to which conversations are answered by mail.
    static let portalReply = KeyPurpose("portal.reply")
}

/// The address of a conversation: `reply+TOKEN@` the sender domain, where the token names the conversation and cannot be made by
/// anybody else.
struct ReplyAddresses: Sendable {
    static let prefix = "reply+"
    let vault: Vault

    func address(
        of thread: ThreadID,
        domain: String,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> EmailAddress? {
        let key = try vault.purposeKey(.portalReply, of: organization, in: tx)
        let token = key.expose(for: .blindIndexing) { AddressToken.text(thread.bytes, key: $0) }
        return EmailAddress("\(Self.prefix)\(token)@\(domain)")
    }

    /// Nil for a token that was not made here, is damaged or is another organization's.
    func thread(
        behind address: EmailAddress,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> ThreadRow? {
        guard address.local.lowercased().hasPrefix(Self.prefix) else { return nil }
        let token = address.local.dropFirst(Self.prefix.count)
        let key = try vault.purposeKey(.portalReply, of: organization, in: tx)
        guard let bytes = key.expose(for: .blindIndexing, { AddressToken.identifier(token, key: $0) }),
            let id = ThreadID(bytes: bytes)
        else { return nil }
        return try ThreadQueries.find(id, of: organization, in: tx)
    }
}
