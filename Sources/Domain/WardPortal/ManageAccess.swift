// SPDX-License-Identifier: Apache-2.0

import WardAudit
package import WardKernel
import WardStorage
import WardVault

extension Portal {
    /// What staff must be told about the portal, newest first; shown on Home and in Messages.
    package func alerts(requester: Requester) async throws -> [PortalAlert] {
        try requester.require(.viewMessages)
        let organization = requester.organization
        return try await store.read { tx in try AlertQueries.open(limit: 100, of: organization, in: tx) }
    }

    /// Lets a person try again after five wrong attempts, once staff has spoken to them.
    /// - Parameter reason: how staff knows who the person is; kept in the audit log, sealed.
    package func unlock(_ contact: ContactID, reason: String, requester: Requester) async throws {
        try requester.require(.answerMessages)
        let reason = try Self.checked(reason)
        let organization = requester.organization
        try await store.write { [self] tx in
            var recognition = try RecognitionQueries.find(contact, of: organization, in: tx)
            recognition.unlock()
            try RecognitionQueries.save(recognition, of: contact, organization: organization, in: tx)
            try AlertQueries.resolveAll(
                of: contact,
                by: requester.identifier,
                at: surroundings.now(),
                organization: organization,
                in: tx
            )
            try audit.record(.portalUnlock, object: nil, subject: contact, reason: reason, by: requester, in: tx)
        }
    }

    /// Takes a message back: its link and its content are no longer shown to the person. Staff still sees it.
    package func retract(_ message: PortalMessageID, reason: String, requester: Requester) async throws {
        try requester.require(.answerMessages)
        let reason = try Self.checked(reason)
        let organization = requester.organization
        try await store.write { [self] tx in
            guard let row = try MessageQueries.find(message, of: organization, in: tx) else {
                throw PortalError.messageNotFound(message)
            }
            let now = surroundings.now()
            guard var life = row.life, life.retract(at: now) else { throw PortalError.notInPortal(message) }
            try MessageQueries.markRetracted(message, at: now, of: organization, in: tx)
            try LinkQueries.revokeAll(of: message, at: now, organization: organization, in: tx)
            try audit.record(.portalRetract, row, .success, [:], reason: reason, by: requester, in: tx)
        }
    }

    /// Sets for how many days messages are kept for their readers, 1 … 3650; messages that already wait keep their day.
    package func keepMessages(forDays days: Int, requester: Requester) async throws {
        try requester.require(.manageSettings)
        let organization = requester.organization
        let days = min(max(days, 1), 3_650)
        try await store.write { [self] tx in
            try PortalSettingQueries.setDaysKept(days, of: organization, in: tx)
            try audit.record(
                .portalSetting,
                object: nil,
                subject: nil,
                facts: ["days": String(days)],
                by: requester,
                in: tx
            )
        }
    }

    static func checked(_ reason: String) throws(PortalError) -> Sensitive<String> {
        let trimmed = reason.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        guard !trimmed.isEmpty else { throw .reasonMissing }
        return Sensitive(String(trimmed.prefix(500)))
    }
}
