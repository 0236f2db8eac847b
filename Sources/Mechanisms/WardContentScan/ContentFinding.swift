// SPDX-License-Identifier: Apache-2.0

/// What a scan looks for. The raw values are kept with decisions: permanent.
package enum ContentKind: String, CaseIterable, Sendable, Codable, Hashable, CodingKeyRepresentable {
    /// A valid social security number: the Social Security Administration never issued areas 000, 666 and 900 to 999, group
    /// 00 or serial 0000.
    case socialSecurityNumber = "social_security_number"
    /// A number behind a label such as MRN.
    case medicalRecordNumber = "medical_record_number"
    /// A Medicare beneficiary identifier, by the format that the Centers for Medicare & Medicaid Services publish.
    case medicareNumber = "medicare_number"
    /// A number behind a label such as member ID.
    case memberNumber = "member_number"
    /// A date behind a label such as date of birth, or right behind a name.
    case dateOfBirth = "date_of_birth"
    /// A code of the form of ICD-10-CM.
    case diagnosisCode = "diagnosis_code"
    /// A name on the list of drugs.
    case drugName = "drug_name"
    /// A pattern of the organization's own.
    case ownPattern = "own_pattern"
    /// Something that could not be read: nobody knows what is in it, so it counts as unsafe.
    case unreadable

    /// The kind in words.
    package var title: String {
        switch self {
        case .socialSecurityNumber: "Social security number"
        case .medicalRecordNumber: "Medical record number"
        case .medicareNumber: "Medicare number"
        case .memberNumber: "Member number"
        case .dateOfBirth: "Date of birth"
        case .diagnosisCode: "Diagnosis code"
        case .drugName: "Drug name"
        case .ownPattern: "Pattern of your own"
        case .unreadable: "Something that could not be read"
        }
    }
}

/// Where in a message something stands.
package enum ContentPlace: String, CaseIterable, Sendable, Codable, Hashable {
    case subject, header, text, html, attachment

    /// The place in words.
    package var title: String {
        switch self {
        case .subject: "the subject"
        case .header: "a header"
        case .text: "the text"
        case .html: "the HTML text"
        case .attachment: "an attachment"
        }
    }
}

/// Something that was found: its kind, its place and how often. Never the value.
package struct ContentFinding: Sendable, Codable, Hashable {
    package var kind: ContentKind
    package var place: ContentPlace
    /// 1 or more; for `unreadable` the number of parts.
    package var count: Int

    /// - Parameter count: 1 or more.
    package init(_ kind: ContentKind, in place: ContentPlace, count: Int = 1) {
        self.kind = kind
        self.place = place
        self.count = count
    }
}

/// One part of a message, as bytes that nobody has looked into yet.
package struct ContentPart: Sendable {
    /// How the bytes are to be read.
    package enum Form: Sendable, Hashable {
        /// UTF-8 text.
        case plain
        case html
        /// Comma-separated values whose first line names the columns (RFC 4180).
        case commaSeparated
        /// A format that is not read in this process, such as office files, archives and PDF.
        case closed
    }

    package var place: ContentPlace
    package var form: Form
    package var bytes: [UInt8]

    package init(_ bytes: [UInt8], in place: ContentPlace, as form: Form = .plain) {
        self.bytes = bytes
        self.place = place
        self.form = form
    }

    /// A text of the program's own.
    package init(_ text: String, in place: ContentPlace, as form: Form = .plain) {
        self.init(Array(text.utf8), in: place, as: form)
    }

    /// The form of an attachment by its media type (RFC 2046), in lower case without parameters.
    package static func form(ofMediaType type: String) -> Form {
        switch type {
        case "text/plain", "text/markdown", "text/calendar", "application/json": .plain
        case "text/html", "application/xhtml+xml": .html
        case "text/csv": .commaSeparated
        default: .closed
        }
    }
}
