// SPDX-License-Identifier: Apache-2.0

import WardAudit
package import WardVault

extension RecordKind {
    /// A staff account's name.
    package static let staffName = RecordKind(number: 20, name: "staff.name")
    /// A staff account's e-mail address.
    package static let staffEmail = RecordKind(number: 21, name: "staff.email")
    /// A staff account's password hash: sealed, so that a copy of the database alone cannot be guessed against.
    package static let staffPassword = RecordKind(number: 22, name: "staff.password")
}

extension BlindIndexKind {
    /// Staff accounts by normalized e-mail address.
    package static let staffEmail = BlindIndexKind(number: 20, name: "staff.email")
}
