// SPDX-License-Identifier: Apache-2.0

/// What the cells of a column look like.
package enum DetectedType: String, Sendable, Codable, Hashable, CaseIterable {
    case empty, date, dateTime, number, mangledNumber, boolean, email, phone, socialSecurityNumber, zip, sex
    case identifier, text

    package var label: String {
        switch self {
        case .empty: "empty"
        case .date: "date"
        case .dateTime: "date and time"
        case .number: "number"
        case .mangledNumber: "mangled number"
        case .boolean: "yes or no"
        case .email: "e-mail address"
        case .phone: "phone number"
        case .socialSecurityNumber: "social security number"
        case .zip: "ZIP code"
        case .sex: "sex"
        case .identifier: "identifier"
        case .text: "text"
        }
    }
}

/// Counts what the cells of one column look like, one cell after another.
struct ColumnProfile {
    private(set) var filled = 0
    private(set) var formulas = 0
    private(set) var mangled = 0
    private(set) var shortZIPs = 0
    private(set) var zeroZIPs = 0
    private var counts: [DetectedType: Int] = [:]
    private var firstAbove12 = 0
    private var secondAbove12 = 0
    private var undecidedDates = 0
    private var dotted = 0
    private(set) var twoDigitYears = 0
    private var commaDecimals = 0
    private var pointDecimals = 0
    private var pointGroups = 0

    mutating func count(_ raw: String) {
        let text = CellText.trimmed(raw)
        guard !text.isEmpty else { return }
        filled += 1
        if CellText.isFormula(text) { formulas += 1 }
        for type in types(of: text) { counts[type, default: 0] += 1 }
    }

    private mutating func types(of text: String) -> [DetectedType] {
        if let shape = DateReading.shape(text) {
            count(shape)
            let isDigits = text.utf8.allSatisfy { (0x30...0x39).contains($0) }
            return text.utf8.count > 10 ? [.dateTime] : isDigits ? [.date, .number, .zip] : [.date]
        }
        var found: [DetectedType] = []
        if let shape = NumberReading.shape(text) {
            count(shape)
            found.append(.number)
        }
        if CodeReading.boolean(text) != nil { found.append(.boolean) }
        if CodeReading.sex(text) != nil { found.append(.sex) }
        if CodeReading.zip(text) != nil, !CodeReading.isZero(text) {
            found.append(.zip)
            if text.utf8.count < 5 { shortZIPs += 1 }
        }
        if CodeReading.isZero(text) {
            found.append(.zip)
            zeroZIPs += 1
        }
        if EmailAddressShape.matches(text) { found.append(.email) }
        if isSocialSecurityNumber(text) { found.append(.socialSecurityNumber) }
        if isPhone(text) { found.append(.phone) }
        if isIdentifier(text) { found.append(.identifier) }
        return found
    }

    private mutating func count(_ shape: DateReading.Shape) {
        switch shape {
        case .iso, .yearFirst: break
        case .twoDigitYear: twoDigitYears += 1
        case .twoThenYear(let first, let second, let separator):
            if separator == UInt8(ascii: ".") { dotted += 1 }
            if first > 12 { firstAbove12 += 1 } else if second > 12 { secondAbove12 += 1 } else { undecidedDates += 1 }
        }
    }

    private mutating func count(_ shape: NumberReading.Shape) {
        switch shape {
        case .integer: break
        case .decimalPoint, .commaGroups: pointDecimals += 1
        case .decimalComma: commaDecimals += 1
        case .pointGroups(let digits):
            pointGroups += 1
            if digits > 15 { mangled += 1 }
        }
    }

    /// Written with a comma before the fraction, as in German and Spanish.
    var decimalComma: Bool { commaDecimals > pointDecimals || (pointDecimals == 0 && pointGroups > 0 && mangled == 0) }

    var dateOrder: DateOrder {
        if firstAbove12 > secondAbove12 { return .dayFirst }
        if secondAbove12 > firstAbove12 { return .monthFirst }
        return dotted > 0 ? .dayFirst : .monthFirst
    }

    /// Both orders occur, so that one of them must be wrong.
    var hasBothOrders: Bool { firstAbove12 > 0 && secondAbove12 > 0 }
    /// No date of the column tells the order.
    var orderIsGuessed: Bool { firstAbove12 == 0 && secondAbove12 == 0 && undecidedDates > 0 && dotted == 0 }

    /// The type that nearly all filled cells have.
    var type: DetectedType {
        guard filled > 0 else { return .empty }
        let needed = max(1, filled - filled / 20)
        func most(_ type: DetectedType) -> Bool { counts[type, default: 0] >= needed }
        if most(.email) { return .email }
        if most(.socialSecurityNumber) { return .socialSecurityNumber }
        if most(.date) { return .date }
        if counts[.date, default: 0] + counts[.dateTime, default: 0] >= needed { return .dateTime }
        if most(.number) { return mangled * 10 > filled ? .mangledNumber : .number }
        if most(.sex) { return .sex }
        if most(.boolean) { return .boolean }
        if most(.zip) { return .zip }
        if most(.phone) { return .phone }
        if most(.identifier) { return .identifier }
        return .text
    }

    var looksLikeZIP: Bool { filled > 0 && counts[.zip, default: 0] * 20 >= filled * 19 }

    private func isSocialSecurityNumber(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count == 11, bytes[3] == UInt8(ascii: "-"), bytes[6] == UInt8(ascii: "-") else { return false }
        return bytes.count { (0x30...0x39).contains($0) } == 9
    }

    private func isPhone(_ text: String) -> Bool {
        guard text.utf8.count <= 24, CellText.phoneDigits(text) != nil else { return false }
        return text.utf8.allSatisfy { (0x30...0x39).contains($0) || "+-(). /x".utf8.contains($0) }
    }

    private func isIdentifier(_ text: String) -> Bool {
        guard (6...64).contains(text.utf8.count) else { return false }
        var hasDigit = false
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39: hasDigit = true
            case 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"): continue
            default: return false
            }
        }
        return hasDigit
    }
}
