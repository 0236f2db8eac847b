// SPDX-License-Identifier: Apache-2.0

import Foundation
import WardAudit
import WardConsent
import WardDelivery
import WardIdentity
package import WardKernel
package import WardStorage
import WardVault

extension Submission {
    /// Every account, by name.
    package func accounts(by requester: Requester) async throws -> [SubmissionAccount] {
        try requester.require(.manageSettings)
        return try await store.read { [self] tx in
            try AccountQueries.all(of: requester.organization, in: tx).map {
                try records.account($0, organization: requester.organization, in: tx)
            }
        }
    }

    /// How many accounts may sign in, over all organizations: for `ward doctor`.
    package func countAcrossAll(in tx: any ReadTransaction) throws -> Int {
        try tx.first("SELECT COUNT(*) FROM submission_account WHERE disabled_at IS NULL") ?? 0
    }

    /// Makes an account with a password of its own.
    package func makeAccount(
        _ draft: SubmissionAccountDraft,
        by requester: Requester
    ) async throws -> SubmissionCredentials {
        try requester.require(.manageSettings)
        let organization = requester.organization
        let password = Self.password(surroundings.randomBytes(20))
        let keys = try SCRAMKeys(password: password, salt: surroundings.randomBytes(16))
        let id = surroundings.makeIdentifier(SubmissionAccountTag.self)
        return try await store.write { [self] tx in
            let profile = try identity.organization(organization, in: tx)
            try Self.check(draft, senderDomain: profile.senderDomain)
            guard try AccountQueries.find(draft.name, of: organization, in: tx) == nil else {
                throw SubmissionError.nameTaken(draft.name)
            }
            let secrets = AccountRecords.Secrets(keys: keys, sender: draft.sender?.mailbox)
            let plain = Sensitive(Array(try JSONEncoder().encode(secrets)))
            let row = AccountRow(
                id: id,
                name: draft.name,
                sealed: try vault.seal(plain, at: records.place(id, organization), in: tx),
                messageClass: draft.messageClass,
                sensitivity: draft.sensitivity,
                messagesPerHour: draft.messagesPerHour,
                recipientsPerMessage: draft.recipientsPerMessage,
                signInRule: .password,
                madeAt: surroundings.now(),
                disabledAt: nil
            )
            try AccountQueries.insert(row, of: organization, in: tx)
            try audit.record(
                AuditEntry(
                    .submissionAccountMake,
                    object: AuditObject(kind: "submission_account", id),
                    facts: [
                        "class": draft.messageClass.rawValue, "sensitivity": draft.sensitivity.rawValue,
                        "messages_per_hour": "\(draft.messagesPerHour)",
                    ]
                ),
                by: requester,
                in: tx
            )
            return SubmissionCredentials(login: "\(draft.name)@\(profile.slug)", password: Sensitive(password))
        }
    }

    /// Ends an account: nobody signs in with it from now on, and who is signed in hands nothing in.
    package func disableAccount(_ name: String, by requester: Requester) async throws {
        try requester.require(.manageSettings)
        try await store.write { [self] tx in
            guard let row = try AccountQueries.find(name, of: requester.organization, in: tx) else {
                throw SubmissionError.accountNotFound(name)
            }
            guard row.disabledAt == nil else { return }
            try AccountQueries.disable(row.id, at: surroundings.now(), of: requester.organization, in: tx)
            try audit.record(
                AuditEntry(.submissionAccountDisable, object: AuditObject(kind: "submission_account", row.id)),
                by: requester,
                in: tx
            )
        }
    }

    private static func check(_ draft: SubmissionAccountDraft, senderDomain: String) throws(SubmissionError) {
        let isName =
            (2...40).contains(draft.name.utf8.count)
            && draft.name.utf8.allSatisfy { (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2d }
        guard isName else { throw .invalid(field: "the name", rule: "has 2 to 40 of a-z, 0-9 and -") }
        guard draft.messageClass.isChosenByStaff else {
            throw .invalid(field: "the class", rule: "is one that the platform gives out by itself")
        }
        guard draft.sender.map({ $0.domain == senderDomain }) ?? true else {
            throw .invalid(field: "the sender", rule: "is an address of \(senderDomain)")
        }
        guard (1...1_000_000).contains(draft.messagesPerHour) else {
            throw .invalid(field: "the messages per hour", rule: "are 1 to 1,000,000")
        }
        guard (1...1_000).contains(draft.recipientsPerMessage) else {
            throw .invalid(field: "the recipients per message", rule: "are 1 to 1,000")
        }
    }

    /// 20 characters of 5 bits in groups of five: 100 bits.
    private static func password(_ random: [UInt8]) -> String {
        let alphabet = Array("abcdefghijkmnpqrstuvwxyz23456789".utf8)
        let letters = random.prefix(20).map { Character(UnicodeScalar(alphabet[Int($0 & 31)])) }
        return stride(from: 0, to: 20, by: 5).map { String(letters[$0..<$0 + 5]) }.joined(separator: "-")
    }
}
