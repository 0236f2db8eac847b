// SPDX-License-Identifier: Apache-2.0

package import WardKernel

/// The name of one fact about a person, such as `birth_date`: a lower-case letter, then up to 62 lower-case letters,
/// digits and underscores.
package struct AttributeName: RawRepresentable, Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
    package let rawValue: String

    /// Nil when the text is not a name.
    package init?(rawValue: String) {
        let bytes = rawValue.utf8
        guard let first = bytes.first, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first) else { return nil }
        let allowed = bytes.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "_")
        }
        guard allowed, bytes.count <= 63 else { return nil }
        self.rawValue = rawValue
    }

    init(known rawValue: String) { self.rawValue = rawValue }

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    package var description: String { rawValue }
}

/// What a value of an attribute is.
package enum AttributeKind: String, Sendable, Codable, CaseIterable, Hashable {
    case text, number, date, boolean
    /// One of a small set of tokens, such as a sex or a language; compared without regard to case.
    case code
}

/// One value of one attribute. It belongs to a person: it does not print (invariant I8).
package enum AttributeValue: Hashable, Sendable {
    case text(String)
    case number(Double)
    case date(CalendarDate)
    case boolean(Bool)
    case code(String)

    package var kind: AttributeKind {
        switch self {
        case .text: .text
        case .number: .number
        case .date: .date
        case .boolean: .boolean
        case .code: .code
        }
    }

    /// The value as people read it: ISO dates, `yes` and `no`, numbers without a needless fraction.
    package var display: String {
        switch self {
        case .text(let text), .code(let text): text
        case .number(let number):
            number == number.rounded() && abs(number) < 1e15 ? String(Int64(number)) : String(number)
        case .date(let date): date.description
        case .boolean(let value): value ? "yes" : "no"
        }
    }
}

extension AttributeValue: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "‹redacted›" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// What an organization knows about one attribute. The flags govern masking and use; every value is sealed regardless.
package struct AttributeDefinition: Hashable, Sendable, Codable {
    package let name: AttributeName
    /// As staff read it, such as `Birth date`.
    package var label: String
    package var kind: AttributeKind
    /// Masked until revealed; refused in a subject line.
    package var isPHI: Bool
    /// About health or care: for clinicians only (hipaa/rules.md section 4).
    package var isClinical: Bool
    /// Part of Ward; not deletable.
    package let isBuiltIn: Bool

    package init(
        name: AttributeName,
        label: String,
        kind: AttributeKind,
        isPHI: Bool,
        isClinical: Bool = false,
        isBuiltIn: Bool = false
    ) {
        self.name = name
        self.label = label
        self.kind = kind
        self.isPHI = isPHI
        self.isClinical = isClinical
        self.isBuiltIn = isBuiltIn
    }
}
