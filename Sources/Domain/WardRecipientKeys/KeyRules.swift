// SPDX-License-Identifier: Apache-2.0

import WardAudit
package import WardKernel
import WardStorage

extension RecipientKeys {
    /// The organization's rules for keys.
    package func rules(by requester: Requester) async throws -> RecipientKeyRules {
        try requester.require(.viewContacts)
        return try await store.read { try KeyQueries.rules(of: requester.organization, in: $0) }
    }

    /// Changes the organization's rules for keys.
    package func setRules(_ rules: RecipientKeyRules, by requester: Requester) async throws {
        try requester.require(.manageSettings)
        try await store.write { [audit] tx in
            try KeyQueries.set(rules, of: requester.organization, in: tx)
            let facts = ["looks_up": "\(rules.looksUp)", "demands_check": "\(rules.demandsCheck)"]
            try audit.record(AuditEntry(.recipientKeyRules, facts: facts), by: requester, in: tx)
        }
    }
}
