// SPDX-License-Identifier: Apache-2.0
//
// Was a certificate revoked?
//
//     places and issuer, read in the child ──► responder (OCSP, by POST) ──► word?  ──► kept with its time
//                                                     └── no word ──► revocation list ──► word?
//
// - A word counts only where the issuer's own key stands behind it; the network says nothing.
// - A certificate that was revoked stays so. Where nobody answers, the last word stays, with its own time.
// - The issuer's certificate is the one that came with the signed mail, or is fetched from where the certificate says, and
//   must have signed it.

import Foundation
import WardCrypto
package import WardKernel
import WardMailCrypto
import WardStorage
import WardTrust

extension RecipientKeys {
    /// How long an answer is left alone.
    static let askedAgainAfter: Duration = .hours(24)
    /// Octets of a responder's answer and of an issuer's certificate; of a list.
    static let largestAnswer = 64 << 10
    static let largestList = 8 << 20

    /// Asks the authority about one certificate now; throws `keyUnknown`. The authority learns that somebody asks.
    package func checkRevocation(
        of id: RecipientKeyID,
        of contact: ContactID,
        by requester: Requester
    ) async throws -> HeldKey {
        try requester.require(.editContacts)
        guard let checked = try await check(id, of: contact, by: requester) else {
            throw RecipientKeysError.keyUnknown(id)
        }
        return checked
    }

    /// Asks about the certificates of an organization that nobody asked about for a day, at most a hundred. For the worker.
    ///
    /// - Returns: how many were asked about.
    package func refreshRevocations(of organization: OrganizationID) async throws -> Int {
        let before = surroundings.now() + .microseconds(-Self.askedAgainAfter.wholeMicroseconds)
        let due = try await store.read { tx in
            try KeyQueries.uncheckedCertificates(triedBefore: before, of: organization, in: tx)
        }
        for (id, contact) in due where !Task.isCancelled {
            _ = try await check(id, of: contact, by: Self.service(organization))
        }
        return due.count
    }

    /// Nil when there is no such certificate in use or proposed.
    private func check(_ id: RecipientKeyID, of contact: ContactID, by requester: Requester) async throws -> HeldKey? {
        let now = surroundings.now()
        let organization = requester.organization
        let found = try await store.read { [self] tx -> (key: RecipientKey, issuer: [UInt8]?)? in
            let rows = try KeyQueries.rows(of: [contact], organization: organization, in: tx)
            guard let row = rows.first(where: { $0.id == id && $0.kind == .smime }) else { return nil }
            return try open(row, organization: organization, in: tx)
        }
        guard let found else { return nil }
        let state = await revocation(of: found.key.bytes, issuer: found.issuer, at: now)
        return try await store.write { [self] tx in
            let held = try allKeys(of: contact, at: now, organization: organization, in: tx)
            guard let before = held.first(where: { $0.id == id }) else { return nil }
            try KeyQueries.set(
                before.revocation.followed(by: state),
                at: now,
                of: id,
                organization: organization,
                in: tx
            )
            let after = try allKeys(of: contact, at: now, organization: organization, in: tx).first { $0.id == id }
            if let after, after.revocation != before.revocation {
                try record(.recipientKeyCheck, after, by: requester, in: tx)
            }
            return after
        }
    }

    private func revocation(of certificate: [UInt8], issuer known: [UInt8]?, at now: Timestamp) async -> RevocationState
    {
        guard let web = sources.web else { return .nobodyToAsk }
        let subject = Data(certificate)
        let first = await reader.message(.readRevocationPlaces(certificate: subject, issuer: known.map { Data($0) }))
        guard case .read(.places(let places, let firstRequest)) = first else { return .unknown }
        guard !places.responders.isEmpty || !places.lists.isEmpty else { return .nobodyToAsk }
        guard let issuer = await issuer(known, at: places.issuers, of: subject, web) else { return .nobodyToAsk }
        var request = firstRequest
        if request.isEmpty {
            let second = await reader.message(.readRevocationPlaces(certificate: subject, issuer: issuer))
            guard case .read(.places(_, let made)) = second else { return .unknown }
            request = made
        }
        var state = RevocationState.unreachable
        for place in places.responders.prefix(2) {
            guard let answer = await Self.ask(place, request, web) else { continue }
            let seconds = now.seconds
            state = await word(
                .readResponderAnswer(answer, certificate: subject, issuer: issuer, time: seconds)
            )
            if state == .good || state == .revoked { return state }
        }
        for place in places.lists.prefix(2) {
            guard let list = await Self.fetch(place, largest: Self.largestList, web) else { continue }
            state = await word(
                .readRevocationList(list, certificate: subject, issuer: issuer, time: now.seconds)
            )
            if state == .good || state == .revoked { return state }
        }
        return state
    }

    private func word(_ task: ConfinedTask) async -> RevocationState {
        switch await reader.message(task) {
        case .read(.revocation(.good)): .good
        case .read(.revocation(.revoked)): .revoked
        case .read, .refused, .quarantined: .unknown
        }
    }

    private func issuer(_ known: [UInt8]?, at places: [String], of subject: Data, _ web: WebFetcher) async -> Data? {
        if let known { return Data(known) }
        for place in places.prefix(2) {
            guard let given = await Self.fetch(place, largest: Self.largestAnswer, web) else { continue }
            if case .read(.certificate(let issuer)) = await reader.message(.readIssuer(given, of: subject)) {
                return issuer
            }
        }
        return nil
    }

    private static func ask(_ place: String, _ request: Data, _ web: WebFetcher) async -> Data? {
        guard var question = WebRequest(plain: place) else { return nil }
        question.body = Array(request)
        question.bodyType = "application/ocsp-request"
        question.accept = "application/ocsp-response"
        question.answerType = "application/ocsp-response"
        question.largest = largestAnswer
        return try? Data(await web.fetch(question).get())
    }

    private static func fetch(_ place: String, largest: Int, _ web: WebFetcher) async -> Data? {
        guard var question = WebRequest(plain: place) else { return nil }
        question.largest = largest
        return try? Data(await web.fetch(question).get())
    }
}

extension RevocationState? {
    /// What is known after another answer: nothing undoes a revocation, and no answer undoes no word.
    func followed(by next: RevocationState) -> (state: RevocationState, isNewWord: Bool) {
        switch (self, next) {
        case (.revoked, _): (.revoked, next == .revoked)
        case (_, .good), (_, .revoked): (next, true)
        case (.good, _): (.good, false)
        default: (next, false)
        }
    }
}
