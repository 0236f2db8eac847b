// SPDX-License-Identifier: Apache-2.0

/// The text of a migration in one dialect. Made only from the generated list of checked-in files.
package struct MigrationScript: Sendable, Hashable {
    package let text: String
    package init(checkedIn text: String) { self.text = text }
}

/// One numbered, forward-only change of a module's tables (invariant I9: the same number and name in both dialects).
package struct Migration: Sendable, Hashable {
    /// The module whose tables it makes, such as `WardContacts`.
    package let module: String
    /// 1, 2, 3 … within its module.
    package let number: Int
    /// The words of the file's name, such as `add_message_hold_reason`.
    package let name: String
    package let sqlite: MigrationScript
    package let postgres: MigrationScript

    package init(module: String, number: Int, name: String, sqlite: String, postgres: String) {
        self.module = module
        self.number = number
        self.name = name
        self.sqlite = MigrationScript(checkedIn: sqlite)
        self.postgres = MigrationScript(checkedIn: postgres)
    }

    package func script(for dialect: Dialect) -> MigrationScript { dialect == .sqlite ? sqlite : postgres }
}
