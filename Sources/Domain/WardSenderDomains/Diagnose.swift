// SPDX-License-Identifier: Apache-2.0

package import WardDNS
package import WardIdentity
package import WardKernel
package import WardStorage

extension SenderDomains {
    /// What `ward doctor` says about an organization's mail: its records, looked up only when it has keys. Reads public
    /// halves alone, so that it needs no key of the vault.
    package static func diagnose(
        _ organization: Organization,
        in store: any Store,
        resolver: any Resolver,
        mailHostName: String,
        now: Timestamp
    ) async throws -> DomainReport {
        let keys = try await store.read { try SigningKeyQueries.all(of: organization.id, in: $0) }
        let domain = organization.senderDomain.lowercased()
        guard keys.contains(where: { $0.domain == domain && $0.state != .retired }) else {
            return DomainReport(domain: domain, mailHostName: mailHostName, keys: keys, records: [], lookedAt: now)
        }
        return await RecordCheck(resolver: resolver, mailHostName: mailHostName, now: now).report(domain, keys: keys)
    }
}
