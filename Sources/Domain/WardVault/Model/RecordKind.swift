// SPDX-License-Identifier: Apache-2.0

/// What kind of record is sealed. The number is permanent: it is bound into every ciphertext, so a renamed kind costs
/// nothing and a ciphertext moved to another kind does not open.
///
/// Ranges: audit 10–19, identity 20–39, contacts 40–69, segments 70–79, consent 80–99, delivery 100–129, portal 130–149,
/// campaigns 150–169, sender domains 170–179.
package struct RecordKind: Hashable, Sendable {
    package let number: UInt16
    /// For people and error messages, such as `contact profile`; may change.
    package let name: String

    package init(number: UInt16, name: String) {
        self.number = number
        self.name = name
    }
}

/// What kind of value a blind index looks up. Equal values of different kinds have unrelated indexes.
package struct BlindIndexKind: Hashable, Sendable {
    /// Permanent; the same ranges as `RecordKind`.
    package let number: UInt16
    /// For people and `ward leakage`, such as `e-mail address`.
    package let name: String

    package init(number: UInt16, name: String) {
        self.number = number
        self.name = name
    }
}

/// A use of key material outside sealing, such as `identity.password_pepper`. The name is permanent.
package struct KeyPurpose: Hashable, Sendable {
    package let name: StaticString

    package init(_ name: StaticString) { self.name = name }

    package static func == (left: Self, right: Self) -> Bool { left.name.description == right.name.description }
    package func hash(into hasher: inout Hasher) { hasher.combine(name.description) }
}
