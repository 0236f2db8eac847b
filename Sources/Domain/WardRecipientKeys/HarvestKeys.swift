// SPDX-License-Identifier: Apache-2.0

package import WardKernel
import WardMailCrypto
import WardSandbox
import WardStorage

extension RecipientKeys {
    /// Keys that wait for staff, of one person: what comes beyond them is not kept, since anybody can send mail.
    static let mostProposals = 10

    /// Keeps the keys that a mail from a person offers: the certificate that signed it, and its Autocrypt header's key. Read
    /// and verified in the confined child. For the receive path, after the mail itself was kept.
    ///
    /// - Parameters:
    ///   - contact: whom the mail is held to come from; a mail whose From is not an address of theirs offers nothing.
    ///   - isAuthenticated: whether it passed DMARC (RFC 7489).
    package func harvest(
        from message: Sensitive<[UInt8]>,
        contact: ContactID,
        isAuthenticated: Bool,
        of organization: OrganizationID
    ) async throws -> HarvestOutcome {
        let now = surroundings.now()
        let octets = message.expose(for: .evaluating) { $0 }
        let offered: OfferedKeys
        switch await reader.offeredKeys(in: octets, authorities: sources.authorities, at: now.seconds) {
        case .read(let read): offered = read
        case .refused: return .nothing
        case .quarantined(let reason): return .quarantined(reason: reason.sentence)
        }
        if offered.isEmpty { return .nothing }
        let arrivals = arrivals(in: offered, isAuthenticated: isAuthenticated)
        return try await store.write { [self] tx in
            guard let addresses = try people.addresses(of: contact, organization: organization, in: tx),
                addresses.contains(offered.sender)
            else { return .nothing }
            var kept: [HeldKey] = []
            for arrival in arrivals {
                let keeping = Keeping(contact: contact, now: now, requester: Self.service(organization))
                if case .added(let key) = try keep(arrival, keeping, in: tx) { kept.append(key) }
            }
            return kept.isEmpty ? .nothing : .kept(kept)
        }
    }

    private func arrivals(in offered: OfferedKeys, isAuthenticated: Bool) -> [KeyArrival] {
        var arrivals: [KeyArrival] = []
        if let certificate = offered.certificate {
            arrivals.append(
                KeyArrival(
                    key: certificate,
                    origin: .signedMail,
                    isVouchedFor: offered.isCertificateTrusted || isAuthenticated,
                    issuer: offered.issuer
                )
            )
        }
        if let autocrypt = offered.autocrypt {
            arrivals.append(KeyArrival(key: autocrypt, origin: .autocrypt, isVouchedFor: isAuthenticated))
        }
        return arrivals
    }

    static func service(_ organization: OrganizationID) -> Requester {
        .service("recipient_keys", of: organization)
    }
}
