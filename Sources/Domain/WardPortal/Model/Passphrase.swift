// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A passphrase that staff and a person agreed outside e-mail: kept as an Argon2id hash.
enum Passphrase {
    /// What two ways of typing the same words share: compatibility form, lower case, single spaces, no punctuation at the
    /// ends. People hear a passphrase on the telephone; nobody loses an attempt to a capital letter.
    static func normalized(_ typed: String) -> String {
        let folded = typed.precomposedStringWithCompatibilityMapping.lowercased()
        return folded.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            .trimmingCharacters(in: .punctuationCharacters)
    }
}
