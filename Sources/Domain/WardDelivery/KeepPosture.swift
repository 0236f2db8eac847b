// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
package import WardAudit
package import WardKernel
import WardStorage
import WardVault

/// What the sealed column of a posture holds.
private struct SealedPosture: Codable {
    var domain: String
    var posture: DestinationPosture
}

extension Delivery {
    /// How often a posture that stays the same is written down as seen again.
    private static let lookedAtPrecision: Duration = .hours(1)

    /// Keeps what was found about a domain's servers: the history grows only when it changed; a destination that is below
    /// the level that it had raises one alert, which its return clears.
    func keep(
        _ posture: DestinationPosture,
        of destination: [UInt8],
        domain: String,
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        let now = surroundings.now()
        if seenPostures.holds(posture, of: destination, organization, at: now) { return }
        let before = try PostureQueries.find(destination, of: organization, in: tx)
        let last = try before.map { try open($0.sealed, destination, 0, organization, in: tx).posture }
        if let before, last == posture {
            guard now >= before.lookedAt + Self.lookedAtPrecision else {
                return seenPostures.keep(posture, of: destination, organization, at: now)
            }
            return try PostureQueries.looked(at: destination, now, of: organization, in: tx)
        }
        seenPostures.forget(destination, organization)
        let number = (before?.changes ?? 0) + 1
        let alert = PostureAlert.after(
            posture.level,
            previous: before?.level ?? posture.level,
            alert: before?.alert,
            at: now
        )
        let sealed = SealedPosture(domain: domain, posture: posture)
        try PostureQueries.put(
            PostureQueries.Stored(
                destination: destination,
                sealed: try seal(sealed, destination, 0, organization, in: tx),
                level: posture.level,
                changes: number,
                foundAt: now,
                lookedAt: now,
                alert: alert
            ),
            of: organization,
            in: tx
        )
        try PostureQueries.append(
            number,
            of: destination,
            sealed: try seal(sealed, destination, number, organization, in: tx),
            at: now,
            organization: organization,
            in: tx
        )
        if (before?.level ?? .proved > .unprotected) != (posture.level > .unprotected) {
            try DestinationQueries.put(
                destination,
                isProtectable: posture.level > .unprotected,
                finding: posture.failure ?? "protectable",
                at: now,
                organization: organization,
                in: tx
            )
        }
        guard (alert == nil) != (before?.alert == nil) else { return }
        var facts = ["level": "\(posture.level.rawValue)", "policy": posture.policy, "dane": posture.dane]
        facts["failure"] = posture.failure
        try audit.record(
            AuditEntry(
                alert == nil ? .destinationRecover : .destinationDrop,
                object: AuditObject(kind: "destination", identifier: destination),
                facts: facts
            ),
            by: Self.service(organization),
            in: tx
        )
    }

    /// The domains that were sent to or looked at, with how they are protected: alerts first, then by name; at most 1,000.
    package func destinations(by requester: Requester) async throws -> [DestinationSummary] {
        try requester.require(.manageSettings)
        return try await store.read { tx in
            try PostureQueries.all(of: requester.organization, in: tx)
                .map { try self.summary($0, requester.organization, in: tx) }
        }.sorted { ($0.alertSince == nil ? 1 : 0, $0.domain) < ($1.alertSince == nil ? 1 : 0, $1.domain) }
    }

    /// Those that are below the level that they had, by name; at most 100.
    package func destinationAlerts(by requester: Requester) async throws -> [DestinationSummary] {
        try requester.require(.manageSettings)
        return try await store.read { tx in
            try PostureQueries.alerts(of: requester.organization, in: tx)
                .map { try self.summary($0, requester.organization, in: tx) }
        }.sorted { $0.domain < $1.domain }
    }

    /// What was found about one destination, and when; nil when nothing was.
    package func destination(_ key: DestinationKey, by requester: Requester) async throws -> DestinationHistory? {
        try requester.require(.manageSettings)
        return try await store.read { tx in try self.history(key.hash, requester.organization, in: tx) }
    }

    /// The same by the domain's name.
    package func destination(ofDomain domain: String, by requester: Requester) async throws -> DestinationHistory? {
        try requester.require(.manageSettings)
        let organization = requester.organization
        let domain = domain.lowercased()
        return try await store.read { tx in
            let hashes = try self.destinations.hashes(of: [domain], organization: organization, in: tx)
            return try hashes[domain].flatMap { try self.history($0, organization, in: tx) }
        }
    }

    private func history(
        _ destination: [UInt8],
        _ organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> DestinationHistory? {
        guard let stored = try PostureQueries.find(destination, of: organization, in: tx) else { return nil }
        let changes = try PostureQueries.changes(of: destination, organization: organization, in: tx).map { change in
            let sealed = try open(change.sealed, destination, change.number, organization, in: tx)
            return DestinationChange(foundAt: change.foundAt, posture: sealed.posture)
        }
        return DestinationHistory(summary: try summary(stored, organization, in: tx), changes: changes)
    }

    private func summary(
        _ stored: PostureQueries.Stored,
        _ organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> DestinationSummary {
        let sealed = try open(stored.sealed, stored.destination, 0, organization, in: tx)
        return DestinationSummary(
            key: DestinationKey(hash: stored.destination),
            domain: sealed.domain,
            posture: sealed.posture,
            foundAt: stored.foundAt,
            lookedAt: stored.lookedAt,
            alertSince: stored.alert?.since
        )
    }

    private func seal(
        _ posture: SealedPosture,
        _ destination: [UInt8],
        _ number: Int,
        _ organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [UInt8] {
        let plain = Sensitive(Array(try JSONEncoder().encode(posture)))
        return try vault.seal(plain, at: Self.posturePlace(destination, number, organization), in: tx)
    }

    private func open(
        _ sealed: [UInt8],
        _ destination: [UInt8],
        _ number: Int,
        _ organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> SealedPosture {
        try vault.open(sealed, at: Self.posturePlace(destination, number, organization), in: tx)
            .expose(for: .disclosing) { try JSONDecoder().decode(SealedPosture.self, from: Data($0)) }
    }

    /// Number 0 is what stands now, the others are the changes.
    private static func posturePlace(
        _ destination: [UInt8],
        _ number: Int,
        _ organization: OrganizationID
    ) -> SealedPlace {
        SealedPlace(
            organization: organization,
            owner: .organization,
            kind: number == 0 ? .destinationPosture : .destinationChange,
            row: destination + [UInt8(truncatingIfNeeded: number >> 8), UInt8(truncatingIfNeeded: number)]
        )
    }
}

/// What was read as unchanged within the last minute, so that a campaign's messages to one domain do not each read it. Only
/// what the database said is kept, and any change is forgotten before it is written, so that a transaction that is rolled
/// back leaves nothing false.
final class SeenPostures: Sendable {
    private struct Key: Hashable {
        var organization: OrganizationID
        var destination: [UInt8]
    }

    /// Other nodes write too, so it is not believed for longer.
    private static let lifetime: Duration = .minutes(1)
    private static let limit = 20_000
    private let seen = Mutex<[Key: (posture: DestinationPosture, until: Timestamp)]>([:])

    func holds(
        _ posture: DestinationPosture,
        of destination: [UInt8],
        _ organization: OrganizationID,
        at now: Timestamp
    ) -> Bool {
        let entry = seen.withLock { $0[Key(organization: organization, destination: destination)] }
        return entry.map { $0.posture == posture && now < $0.until } ?? false
    }

    func keep(
        _ posture: DestinationPosture,
        of destination: [UInt8],
        _ organization: OrganizationID,
        at now: Timestamp
    ) {
        seen.withLock { seen in
            if seen.count >= Self.limit { seen = [:] }
            seen[Key(organization: organization, destination: destination)] = (posture, now + Self.lifetime)
        }
    }

    func forget(_ destination: [UInt8], _ organization: OrganizationID) {
        seen.withLock { $0[Key(organization: organization, destination: destination)] = nil }
    }
}

extension RecordKind {
    /// What was last found about a destination's servers, with its domain.
    static let destinationPosture = RecordKind(number: 106, name: "destination posture")
    /// One change of that.
    static let destinationChange = RecordKind(number: 107, name: "destination change")
    /// A destination's MTA-STS policy.
    static let destinationPolicy = RecordKind(number: 108, name: "destination policy")
}

extension AuditAction {
    /// A destination is less protected than it was.
    package static let destinationDrop = AuditAction(rawValue: "destination.drop")
    /// It is as well protected as before again.
    package static let destinationRecover = AuditAction(rawValue: "destination.recover")
}
