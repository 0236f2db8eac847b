// SPDX-License-Identifier: Apache-2.0

import WardAudit
import WardIdentity
package import WardKernel
import WardStorage
import WardVault

/// What a person answers to be recognised. It does not print.
package enum RecognitionAnswer: Sendable, CustomStringConvertible, CustomReflectable {
    case birthDate(CalendarDate)
    case passphrase(String)

    var fact: RecognitionFact {
        switch self {
        case .birthDate: .birthDate
        case .passphrase: .passphrase
        }
    }

    package var description: String { "‹redacted answer›" }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// What came of an attempt.
package enum RecognitionOutcome: Hashable, Sendable {
    /// The visit's token goes into a cookie that only these pages get.
    case recognised(visit: PortalToken, LinkPage)
    case wrong(left: Int, RecognitionFact, LinkPage)
    /// The link leads elsewhere than to a question: gone, expired, locked, nothing on record, or another fact is asked.
    case refused(LinkAnswer)
}

extension Portal {
    /// Compares what a person answers with what is on record; see the head of `Recognition.swift`.
    ///
    /// The attempt is reserved and committed before the comparison, which for a passphrase takes a tenth of a second on
    /// purpose and must not hold a transaction.
    package func recognise(
        _ answer: RecognitionAnswer,
        at link: PortalToken,
        networkAddress: String?
    ) async throws -> RecognitionOutcome {
        let now = surroundings.now()
        let reserved = try await store.write { [self] tx in
            try reserve(answer.fact, at: link, now: now, from: networkAddress, in: tx)
        }
        switch reserved {
        case .refused(let answer): return .refused(answer)
        case .granted(let expected, let message, let page):
            let matches = try await compare(answer, with: expected)
            let visit = PortalToken(for: link.organization, surroundings: surroundings)
            let session = surroundings.makeIdentifier(SessionTag.self)
            let attempt = Attempt(message: message, page: page, fact: answer.fact, visit: visit, session: session)
            return try await store.write { [self] tx in
                try conclude(attempt, matches: matches, from: networkAddress, of: link.organization, in: tx)
            }
        }
    }

    /// A fact on record, opened for one comparison.
    private enum Expected: Sendable {
        case birthDate(Sensitive<CalendarDate>)
        case passphrase(Sensitive<String>, pepper: Sensitive<[UInt8]>)
    }

    private enum Reserved: Sendable {
        case refused(LinkAnswer)
        case granted(Expected, MessageRow, LinkPage)
    }

    private struct Attempt: Sendable {
        var message: MessageRow
        var page: LinkPage
        var fact: RecognitionFact
        var visit: PortalToken
        var session: SessionID
    }

    private func reserve(
        _ fact: RecognitionFact,
        at link: PortalToken,
        now: Timestamp,
        from networkAddress: String?,
        in tx: any WriteTransaction
    ) throws -> Reserved {
        let organization = link.organization
        let target = try target(of: link, at: now, in: tx)
        guard case .ask(fact, let page) = target.answer, let message = target.message else {
            return .refused(target.answer)
        }
        guard let expected = try expectedFact(fact, of: message.contact, organization: organization, in: tx) else {
            return .refused(.notRecognisable(page))
        }
        var recognition = try RecognitionQueries.find(message.contact, of: organization, in: tx)
        switch recognition.reserve(at: now) {
        case .locked: return .refused(.locked(page))
        case .lockedNow:
            try RecognitionQueries.save(recognition, of: message.contact, organization: organization, in: tx)
            let person = Requester.person(message.contact, of: organization, session: nil, from: networkAddress)
            try lock(message, at: now, by: person, in: tx)
            return .refused(.locked(page))
        case .granted:
            try RecognitionQueries.save(recognition, of: message.contact, organization: organization, in: tx)
            return .granted(expected, message, page)
        }
    }

    private func expectedFact(
        _ fact: RecognitionFact,
        of contact: ContactID,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Expected? {
        switch fact {
        case .birthDate:
            let person = try people.portalPerson(contact, of: organization, in: tx)
            return person?.expose(for: .evaluating) { $0.birthDate.map { .birthDate(Sensitive($0)) } }
        case .passphrase:
            guard let sealed = try RecognitionQueries.passphrase(of: contact, organization: organization, in: tx)
            else { return nil }
            return .passphrase(
                try sealing.openPassphrase(sealed, of: contact, organization: organization, in: tx),
                pepper: try sealing.vault.purposeKey(.portalPassphrase, of: organization, in: tx)
            )
        }
    }

    private func compare(_ answer: RecognitionAnswer, with expected: Expected) async throws -> Bool {
        switch (answer, expected) {
        case (.birthDate(let given), .birthDate(let recorded)):
            recorded.expose(for: .evaluating) { ConstantTime.equal(given, $0) }
        case (.passphrase(let given), .passphrase(let hash, let pepper)):
            try await passwords.matches(
                Sensitive(Passphrase.normalized(given)),
                hash: hash.expose(for: .evaluating) { $0 },
                pepper: pepper
            )
        default: false
        }
    }

    private func conclude(
        _ attempt: Attempt,
        matches: Bool,
        from networkAddress: String?,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws -> RecognitionOutcome {
        let now = surroundings.now()
        let contact = attempt.message.contact
        var recognition = try RecognitionQueries.find(contact, of: organization, in: tx)
        let conclusion = recognition.conclude(matches: matches, at: now)
        try RecognitionQueries.save(recognition, of: contact, organization: organization, in: tx)
        let person = Requester.person(contact, of: organization, session: attempt.session, from: networkAddress)
        let outcome: AuditOutcome = conclusion == .recognised ? .success : .denied
        try audit.record(
            .portalRecognise,
            attempt.message,
            outcome,
            ["fact": attempt.fact.rawValue],
            by: person,
            in: tx
        )
        switch conclusion {
        case .recognised:
            try begin(attempt, at: now, of: organization, in: tx)
            return .recognised(visit: attempt.visit, attempt.page)
        case .wrong(let left): return .wrong(left: left, attempt.fact, attempt.page)
        case .locked: return .refused(.locked(attempt.page))
        case .lockedNow:
            try lock(attempt.message, at: now, by: person, in: tx)
            return .refused(.locked(attempt.page))
        }
    }

    private func begin(
        _ attempt: Attempt,
        at now: Timestamp,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        let visit = VisitRow(
            id: attempt.session,
            contact: attempt.message.contact,
            thread: attempt.message.thread,
            message: attempt.message.id,
            fact: attempt.fact,
            beganAt: now,
            lastUsedAt: now
        )
        try VisitQueries.insert(visit, hash: attempt.visit.hash(as: .visit), of: organization, in: tx)
    }

    private func lock(
        _ message: MessageRow,
        at now: Timestamp,
        by person: Requester,
        in tx: any WriteTransaction
    ) throws {
        let organization = person.organization
        let alert = PortalAlert(
            id: surroundings.makeIdentifier(),
            contact: message.contact,
            kind: .locked,
            raisedAt: now
        )
        try AlertQueries.insert(alert, of: organization, in: tx)
        try VisitQueries.endAll(of: message.contact, at: now, organization: organization, in: tx)
        try audit.record(.portalLock, message, .success, [:], by: person, in: tx)
    }
}

extension Requester {
    /// A person of the portal, for the audit log: recognised or trying to be.
    static func person(
        _ contact: ContactID,
        of organization: OrganizationID,
        session: SessionID?,
        from networkAddress: String?
    ) -> Requester {
        Requester(
            organization: organization,
            kind: .patient,
            identifier: contact.bytes,
            session: session,
            networkAddress: networkAddress,
            purpose: .individualRequest
        )
    }
}
