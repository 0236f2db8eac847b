// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardStorage
import WardVault

extension BlindIndexKind {
    /// The keyed hash of a recipient's domain, by which what was seen at its servers is kept.
    static let mailDomain = BlindIndexKind(number: 100, name: "mail domain")
}

/// What is known about recipients' servers, kept without saying which domains there are.
struct Destinations: Sendable {
    let vault: Vault

    /// Under this name stands whether a domain's servers pass mail on over TLS alone; no domain has a space.
    static func onward(_ domain: String) -> String { domain + " REQUIRETLS" }

    func hashes(
        of domains: [String],
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [String: [UInt8]] {
        let unique = Array(Set(domains))
        let hashes = try vault.blindIndexes(
            unique.map { Sensitive($0) },
            kind: .mailDomain,
            of: organization,
            in: tx
        )
        return Dictionary(uniqueKeysWithValues: zip(unique, hashes))
    }
}

enum DestinationQueries {
    /// Whether each destination could be protected, of those looked at since then.
    static func proofs(
        _ destinations: [[UInt8]],
        since: Timestamp,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [[UInt8]: Bool] {
        var found: [[UInt8]: Bool] = [:]
        for start in stride(from: 0, to: destinations.count, by: 500) {
            let chunk = Array(destinations[start..<min(start + 500, destinations.count)])
            let rows = try tx.rows(
                """
                SELECT destination, is_protectable FROM delivery_destination
                WHERE organization = \(organization) AND looked_at >= \(since) AND destination IN \(list: chunk)
                """
            )
            for row in rows { found[try row.value("destination")] = try row.value("is_protectable", as: Bool.self) }
        }
        return found
    }

    static func put(
        _ destination: [UInt8],
        isProtectable: Bool,
        finding: String,
        at now: Timestamp,
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO delivery_destination (organization, destination, is_protectable, finding, looked_at)
            VALUES (\(organization), \(destination), \(isProtectable), \(finding), \(now))
            ON CONFLICT (organization, destination) DO UPDATE SET is_protectable = excluded.is_protectable,
                finding = excluded.finding, looked_at = excluded.looked_at
            """
        )
    }
}
