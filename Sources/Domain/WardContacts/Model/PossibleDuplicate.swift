// SPDX-License-Identifier: Apache-2.0

package import WardKernel
import WardStorage

/// Why two people may be one. None of these is enough to merge them: twins share a birthday and their parent's address.
package enum DuplicateReason: String, Sendable, SQLConvertible, CaseIterable {
    case sameNameAndBirthDate = "same_name_and_birth_date"
    case sameEmailAndBirthDate = "same_email_and_birth_date"
    case sameEmailAndName = "same_email_and_name"
    /// All three agree, yet one source gives them two record numbers.
    case otherRecordNumber = "other_record_number"

    /// For two people with the same e-mail address.
    static func between(_ one: Profile, _ other: Profile) -> DuplicateReason? {
        let sameBirth = one.birthDate != nil && one.birthDate == other.birthDate
        func names(_ profile: Profile) -> [String] {
            [profile.text(.givenName), profile.text(.familyName)].map { CellText.folded($0 ?? "") }
        }
        let sameName = names(one) == names(other) && !names(one).contains("")
        switch (sameBirth, sameName) {
        case (true, true): return .otherRecordNumber
        case (true, false): return .sameEmailAndBirthDate
        case (false, true): return .sameEmailAndName
        case (false, false): return nil
        }
    }
}

/// Two people for review.
package struct PossibleDuplicate: Hashable, Sendable {
    /// What the reviewer found.
    package enum Resolution: String, Sendable, SQLConvertible {
        case differentPeople = "different_people"
        case samePerson = "same_person"
    }

    /// The newer of the two.
    package let contact: ContactID
    package let other: ContactID
    package let reason: DuplicateReason
    package let foundAt: Timestamp
    package let resolution: Resolution?
}
