// SPDX-License-Identifier: Apache-2.0

/// Numbers and codes that are known by their form.
enum IdentifierFormats {
    private static let hyphen = UInt8(ascii: "-")
    private static let space = UInt8(ascii: " ")
    private static let dot = UInt8(ascii: ".")

    private static let securityLabels = PhraseSet(["ssn", "social security", "ss", "tax id", "itin"])
    private static let recordLabels = PhraseSet([
        "mrn", "medical record", "record number", "record no", "chart number", "chart no", "chart id", "patient id",
        "patient number", "patient no", "health record",
    ])
    private static let memberLabels = PhraseSet([
        "member id", "member number", "member no", "subscriber id", "subscriber number", "policy number", "policy no",
        "insurance id", "insurance number", "beneficiary", "medicaid", "group number", "plan number",
    ])
    private static let diagnosisLabels = PhraseSet(["icd", "icd10", "dx", "diagnosis", "diagnoses", "diagnosis code"])

    /// A social security number: three groups with one separator, or nine digits behind a label (20 CFR 422.103; SSA,
    /// "randomization": what is never issued).
    static func socialSecurity(_ words: WordList, _ position: Int) -> Int? {
        if words.length(position) == 9, let number = words.number(position) {
            guard words.isBehind(securityLabels, position, reach: 5) else { return nil }
            return isIssued(number / 1_000_000, number / 10_000 % 100, number % 10_000) ? 1 : nil
        }
        guard words.length(position) == 3, position + 2 < words.count, words.length(position + 1) == 2,
            words.length(position + 2) == 4, let separator = words.separator(after: position),
            separator == hyphen || separator == space || separator == dot,
            words.separator(after: position + 1) == separator,
            let area = words.number(position), let group = words.number(position + 1),
            let serial = words.number(position + 2), isIssued(area, group, serial)
        else { return nil }
        // A longer number in groups, such as an order's, is none.
        if separator == words.separator(after: position - 1), separator != space { return nil }
        if separator == words.separator(after: position + 2), separator == hyphen { return nil }
        if separator != hyphen, !words.isBehind(securityLabels, position, reach: 5) { return nil }
        return 3
    }

    private static func isIssued(_ area: Int, _ group: Int, _ serial: Int) -> Bool {
        guard area != 0, area != 666, area < 900, group != 0, serial != 0 else { return false }
        // Printed on sample cards and withdrawn.
        return !(area == 78 && group == 5 && serial == 1120) && !(area == 219 && group == 9 && serial == 9999)
    }

    /// A Medicare beneficiary identifier: eleven characters in fixed classes without S, L, O, I, B, Z, written together or
    /// as 4-3-4 (CMS, "Understanding the Medicare Beneficiary Identifier Format").
    static func medicare(_ words: WordList, _ position: Int) -> Int? {
        if words.length(position) == 11 { return isMedicare(Array(words.bytes(position))) ? 1 : nil }
        guard words.length(position) == 4, position + 2 < words.count, words.length(position + 1) == 3,
            words.length(position + 2) == 4, let separator = words.separator(after: position),
            separator == hyphen || separator == space, words.separator(after: position + 1) == separator
        else { return nil }
        let bytes = Array(words.bytes(position)) + words.bytes(position + 1) + words.bytes(position + 2)
        return isMedicare(bytes) ? 3 : nil
    }

    /// C numeric 1–9, N numeric 0–9, A letter, X either.
    private static let medicareForm = Array("CAXNAXNAANN".utf8)

    private static func isMedicare(_ bytes: [UInt8]) -> Bool {
        guard bytes.count == medicareForm.count else { return false }
        return zip(bytes, medicareForm).allSatisfy { byte, form in
            let upper = byte &- 0x61 < 26 ? byte & ~0x20 : byte
            let isLetter = WordList.isUpper(upper) && !"SLOIBZ".utf8.contains(upper)
            switch form {
            case UInt8(ascii: "C"): return WordList.isDigit(byte) && byte != UInt8(ascii: "0")
            case UInt8(ascii: "N"): return WordList.isDigit(byte)
            case UInt8(ascii: "A"): return isLetter
            default: return isLetter || WordList.isDigit(byte)
            }
        }
    }

    /// An ICD-10-CM code: a capital, a digit, a digit or A or B, then a point and one to four characters. A category alone
    /// counts behind a label.
    static func diagnosis(_ words: WordList, _ position: Int) -> Int? {
        guard words.length(position) == 3 else { return nil }
        let last = words.byte(2, of: position)
        guard WordList.isUpper(words.byte(0, of: position)), WordList.isDigit(words.byte(1, of: position)),
            WordList.isDigit(last) || last == UInt8(ascii: "A") || last == UInt8(ascii: "B"),
            words.separator(after: position - 1) != dot
        else { return nil }
        if words.separator(after: position) == dot, position + 1 < words.count {
            let rest = Array(words.bytes(position + 1))
            if (1...4).contains(rest.count), rest.dropLast().allSatisfy({ WordList.isDigit($0) || $0 == 0x58 }),
                rest.last.map({ WordList.isDigit($0) || WordList.isUpper($0) }) == true
            {
                return 2
            }
        }
        return words.isBehind(diagnosisLabels, position, reach: 4) ? 1 : nil
    }

    /// A number right behind a label: a medical record number or a member number.
    static func labelled(_ words: WordList, _ position: Int) -> ContentKind? {
        let length = words.length(position)
        guard (4...20).contains(length), words.digitCount(position) >= 3 else { return nil }
        if words.isBehind(memberLabels, position, reach: 5) { return .memberNumber }
        return words.isBehind(recordLabels, position, reach: 5) ? .medicalRecordNumber : nil
    }
}
