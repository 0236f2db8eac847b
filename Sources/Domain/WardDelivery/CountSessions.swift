// SPDX-License-Identifier: Apache-2.0
//
// Sessions with other servers are counted as they are seen, in the transaction that keeps how the attempt ended, so that a day's
// report (RFC 8460) needs no more than its rows. One update for each session; a connection that carries many messages is one.

import Foundation
package import WardKernel
import WardQueue
import WardStorage
import WardTrust
import WardVault

extension Delivery {
    /// For how long sessions and what became of their reports are kept.
    package static let sessionsKept = Duration.days(30)
    /// Reports go out over so many seconds after the day's end, each at a moment of its own: the domains that ask for them are
    /// not to get all of them at midnight (RFC 8460 section 4.1).
    private static let reportSpread = 4 * 3_600

    /// Adds an attempt's sessions to their day.
    func count(
        _ sessions: [TLSSession],
        of plan: AttemptPlan,
        _ destination: [UInt8],
        at now: Timestamp,
        in tx: any WriteTransaction
    ) throws {
        let place = TLSReportQueries.Place(
            organization: plan.item.organization,
            day: Self.day(of: now),
            destination: destination
        )
        for session in sessions { try count(session, place, domain: plan.address.domain, at: now, in: tx) }
    }

    func count(
        _ session: TLSSession,
        _ place: TLSReportQueries.Place,
        domain: String,
        at now: Timestamp,
        in tx: any WriteTransaction
    ) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let text = try encoder.encode(session)
        let kind = try vault.blindIndex(
            Sensitive(String(decoding: text, as: UTF8.self)),
            kind: .sessionKind,
            of: place.organization,
            in: tx
        )
        if try TLSSessionQueries.addOne(kind, place, in: tx) { return }
        try TLSSessionQueries.insert(
            kind,
            place,
            sealed: try vault.seal(Sensitive(Array(text)), at: Self.sealed(.tlsSession, place, kind), in: tx),
            isSuccess: session.result == nil,
            in: tx
        )
        try TLSReportQueries.open(
            place,
            sealedDomain: try vault.seal(
                Sensitive(Array(domain.utf8)),
                at: Self.sealed(.tlsReportDomain, place),
                in: tx
            ),
            nextAt: Self.end(ofDay: place.day) + .seconds(spread()),
            at: now,
            in: tx
        )
    }

    private func spread() -> Int {
        let number = surroundings.randomBytes(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        return Int(number) % Self.reportSpread
    }

    /// Days since 1970, in UTC.
    static func day(of moment: Timestamp) -> Int { Int(moment.microseconds / 86_400_000_000) }
    static func end(ofDay day: Int) -> Timestamp { Timestamp(seconds: Int64(day + 1) * 86_400) }

    /// The sessions of a day with a destination, and how often each was.
    func sessions(
        _ place: TLSReportQueries.Place,
        in tx: any ReadTransaction
    ) throws -> [(session: TLSSession, count: Int)] {
        try TLSSessionQueries.all(place, in: tx).map { stored in
            let opened = try vault.open(stored.sealed, at: Self.sealed(.tlsSession, place, stored.kind), in: tx)
            let session = try opened.expose(for: .disclosing) {
                try JSONDecoder().decode(TLSSession.self, from: Data($0))
            }
            return (session, stored.sessions)
        }
    }

    func domain(of report: TLSReportQueries.Stored, in tx: any ReadTransaction) throws -> String {
        try vault.open(report.sealedDomain, at: Self.sealed(.tlsReportDomain, report.place), in: tx)
            .expose(for: .disclosing) { String(decoding: $0, as: UTF8.self) }
    }

    static func sealed(
        _ kind: RecordKind,
        _ place: TLSReportQueries.Place,
        _ more: [UInt8] = []
    ) -> SealedPlace {
        let day = (0..<4).reversed().map { UInt8(truncatingIfNeeded: place.day >> ($0 * 8)) }
        return SealedPlace(
            organization: place.organization,
            owner: .organization,
            kind: kind,
            row: place.destination + day + more
        )
    }

    /// Forgets sessions, and what became of their reports, after 30 days. Doing it again removes nothing.
    ///
    /// - Returns: how many rows went.
    @discardableResult
    package func purgeSessions(of organization: OrganizationID) async throws -> Int {
        let day = Self.day(of: surroundings.now() - Self.sessionsKept)
        return try await store.write { tx in
            try TLSSessionQueries.purge(before: day, of: organization, in: tx)
                + TLSReportQueries.purge(before: day, of: organization, in: tx)
        }
    }
}

extension RecordKind {
    /// What sessions with a destination's servers were like.
    static let tlsSession = RecordKind(number: 111, name: "TLS session")
    /// The domain that a report about TLS is about.
    static let tlsReportDomain = RecordKind(number: 112, name: "TLS report domain")
    /// A report about TLS as it was sent, and where to.
    static let tlsReport = RecordKind(number: 113, name: "TLS report")
}

extension BlindIndexKind {
    /// The keyed hash of what a session was like.
    static let sessionKind = BlindIndexKind(number: 111, name: "TLS session")
}
