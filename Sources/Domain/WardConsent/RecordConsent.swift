// SPDX-License-Identifier: Apache-2.0

package import WardAudit
package import WardKernel
package import WardStorage
import WardVault

extension Consent {
    /// Records a person's choice. A choice made earlier than the one that holds is kept and changes nothing.
    @discardableResult
    package func record(
        _ statement: ConsentStatement,
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws -> ConsentRecordID {
        try requireEditing(requester, of: statement.contact)
        let id = try write(statement, by: requester, in: tx)
        try audit.record(
            AuditEntry(
                .consentRecord,
                object: AuditObject(kind: "consent_record", id),
                subject: statement.contact,
                facts: [
                    "purpose": statement.purpose.rawValue, "channel": statement.channel.rawValue,
                    "choice": statement.choice.rawValue, "source": statement.source.rawValue,
                ]
            ),
            by: requester,
            in: tx
        )
        return id
    }

    /// Records a person's choice in a transaction of its own.
    @discardableResult
    package func record(_ statement: ConsentStatement, by requester: Requester) async throws -> ConsentRecordID {
        try await store.write { tx in try self.record(statement, by: requester, in: tx) }
    }

    /// Records on what basis imported people may be written to: one record each, one audit entry for the import. A
    /// person who turned a purpose down is left as they are, whenever the list's agreement was obtained.
    ///
    /// - Returns: how many records were made.
    @discardableResult
    package func recordImportBasis(
        _ basis: ImportBasis,
        for contacts: [ContactID],
        importing: AuditObject,
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws -> Int {
        try requireEditing(requester, of: nil)
        try Self.check(basis.origin, field: "origin", required: !basis.purposes.isEmpty)
        var count = 0
        for purpose in basis.purposes.sorted(by: { $0.rawValue < $1.rawValue }) {
            for start in stride(from: 0, to: contacts.count, by: Self.contactsPerStatement) {
                let chunk = Array(contacts[start..<min(start + Self.contactsPerStatement, contacts.count)])
                let standing = try ConsentQueries.standing(
                    of: chunk,
                    purpose: purpose,
                    channel: basis.channel,
                    organization: requester.organization,
                    in: tx
                )
                for contact in chunk where standing[contact] == nil {
                    try write(Self.statement(of: basis, purpose: purpose, contact: contact), by: requester, in: tx)
                    count += 1
                }
            }
        }
        try audit.record(
            AuditEntry(.consentImport, object: importing, facts: ["records": "\(count)"]),
            by: requester,
            in: tx
        )
        return count
    }

    static let contactsPerStatement = 500

    private static func statement(of basis: ImportBasis, purpose: Purpose, contact: ContactID) -> ConsentStatement {
        ConsentStatement(
            contact: contact,
            purpose: purpose,
            channel: basis.channel,
            choice: .granted,
            source: .importBasis,
            wordingVersion: basis.wordingVersion,
            chosenAt: basis.obtainedAt,
            note: Sensitive(basis.origin)
        )
    }

    /// Writes record and standing without an audit entry; the caller writes that.
    @discardableResult
    func write(
        _ statement: ConsentStatement,
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws -> ConsentRecordID {
        try Self.check(statement.wordingVersion, field: "wording version", required: statement.choice == .granted)
        let now = surroundings.now()
        guard statement.chosenAt <= now else {
            throw ConsentError.invalid(field: "time of the choice", rule: "lies in the future")
        }
        let id: ConsentRecordID = surroundings.makeIdentifier()
        var sealedNote: [UInt8]?
        if let note = statement.note {
            sealedNote = try vault.seal(
                note.map { Array($0.utf8) },
                at: Self.notePlace(id, of: statement.contact, organization: requester.organization),
                in: tx
            )
        }
        let stored = ConsentQueries.Stored(
            id: id,
            statement: statement,
            sealedNote: sealedNote,
            recordedAt: now,
            recordedBy: RecordedBy(kind: requester.kind, identifier: requester.identifier)
        )
        try ConsentQueries.insert(stored, of: requester.organization, in: tx)
        try ConsentQueries.advance(stored, of: requester.organization, in: tx)
        return id
    }

    static func notePlace(
        _ id: ConsentRecordID,
        of contact: ContactID,
        organization: OrganizationID
    ) -> SealedPlace {
        SealedPlace(organization: organization, owner: .subject(contact), kind: .consentNote, row: id.bytes)
    }

    static func check(_ text: String, field: String, required: Bool) throws {
        guard text.unicodeScalars.count <= 200 else {
            throw ConsentError.invalid(field: field, rule: "is longer than 200 characters")
        }
        guard !required || !text.allSatisfy(\.isWhitespace) else {
            throw ConsentError.invalid(field: field, rule: "is missing")
        }
    }
}
