// SPDX-License-Identifier: Apache-2.0

package import WardVault

extension RecordKind {
    static let contactProfile = RecordKind(number: 40, name: "contact profile")
    static let datedRecords = RecordKind(number: 41, name: "dated records")
    static let listName = RecordKind(number: 42, name: "list name")
    static let importSettings = RecordKind(number: 43, name: "import settings")
    static let importChunk = RecordKind(number: 44, name: "piece of an uploaded file")
    static let importRow = RecordKind(number: 45, name: "rejected row of an import")
    static let importBefore = RecordKind(number: 46, name: "contact profile before an import")
}

extension BlindIndexKind {
    static let emailAddress = BlindIndexKind(number: 40, name: "e-mail address")
    static let phoneNumber = BlindIndexKind(number: 41, name: "phone number")
    static let recordNumber = BlindIndexKind(number: 42, name: "source and record number")
    static let identity = BlindIndexKind(number: 43, name: "e-mail address, birth date and name")
    static let nameAndBirthDate = BlindIndexKind(number: 44, name: "name and birth date")
    static let listName = BlindIndexKind(number: 45, name: "list name")
}

/// The blind indexes that this module keeps, for `ward leakage` and the operator's reference.
package enum ContactIndexes {
    package static let all: [BlindIndexKind] = [
        .emailAddress, .phoneNumber, .recordNumber, .identity, .nameAndBirthDate, .listName,
    ]
}

extension DatedRecordKind {
    /// Permanent: stored in the clear beside each batch.
    var number: Int64 {
        switch self {
        case .condition: 1
        case .medication: 2
        case .procedure: 3
        case .lab: 4
        case .immunization: 5
        case .encounter: 6
        case .appointment: 7
        case .purchase: 8
        }
    }

    init?(number: Int64) {
        guard let kind = Self.allCases.first(where: { $0.number == number }) else { return nil }
        self = kind
    }
}
