// SPDX-License-Identifier: Apache-2.0

/// What a file holds.
package enum ImportSubject: Hashable, Sendable, Codable {
    /// One person a row.
    case people
    /// One dated record a row, joined to its person by record number.
    case records(DatedRecordKind)
}

/// What a column of dated records says.
package enum RecordField: String, Hashable, Sendable, Codable, CaseIterable {
    case recordNumber, start, end, code, display, status, value, unit
}

/// Where the cells of one column go.
package enum ColumnTarget: Hashable, Sendable, Codable {
    /// Nowhere.
    case skip
    /// An attribute that Ward or the organization already has.
    case attribute(AttributeName)
    /// An attribute that the import adds to the organization's own.
    case newAttribute(AttributeDefinition)
    /// A field of a dated record.
    case record(RecordField)
}

/// How one column is read. Columns are in the order of the file.
package struct ColumnMapping: Hashable, Sendable, Codable {
    package var header: String
    package var target: ColumnTarget
    package var dateOrder: DateOrder
    package var decimalComma: Bool
    /// ZIP codes that lost their leading zeros are filled up to five digits.
    package var repairsZIP: Bool

    package init(
        header: String,
        target: ColumnTarget,
        dateOrder: DateOrder = .monthFirst,
        decimalComma: Bool = false,
        repairsZIP: Bool = false
    ) {
        self.header = header
        self.target = target
        self.dateOrder = dateOrder
        self.decimalComma = decimalComma
        self.repairsZIP = repairsZIP
    }
}

/// How a file is read: what Ward proposed, as corrected by the person who imports.
package struct ImportMapping: Hashable, Sendable, Codable {
    package var subject: ImportSubject
    /// Empty for FHIR, whose fields are known.
    package var columns: [ColumnMapping]
    /// Such as `{first}.{last}@tls.example`, for people without an address.
    package var emailTemplate: EmailTemplate?

    package init(subject: ImportSubject, columns: [ColumnMapping], emailTemplate: EmailTemplate? = nil) {
        self.subject = subject
        self.columns = columns
        self.emailTemplate = emailTemplate
    }

    /// What is wrong with the mapping itself, in words for the person who corrects it; empty when it can be used.
    package var problems: [String] {
        var problems: [String] = []
        var seen: [ColumnTarget: String] = [:]
        for column in columns where column.target != .skip {
            if let first = seen[column.target] {
                problems.append("The columns \(first) and \(column.header) go to the same place. Skip one of them.")
            }
            seen[column.target] = column.header
        }
        switch subject {
        case .people:
            let known: [AttributeName] = [.recordNumber, .givenName, .familyName, .email]
            if !columns.isEmpty, !known.contains(where: { seen[.attribute($0)] != nil }) {
                problems.append("No column tells who a person is. Choose one for the record number or the name.")
            }
        case .records:
            for field in [RecordField.recordNumber, .start] where seen[.record(field)] == nil {
                let what = field == .start ? "the day" : "the person's record number"
                problems.append("No column gives \(what). Choose one.")
            }
            if seen[.record(.code)] == nil, seen[.record(.display)] == nil {
                problems.append("No column gives a code or a description. Choose one.")
            }
        }
        return problems
    }
}
