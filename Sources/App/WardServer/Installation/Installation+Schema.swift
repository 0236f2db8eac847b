// SPDX-License-Identifier: Apache-2.0

import WardAudit
import WardCampaigns
import WardCommands
import WardConsent
import WardContacts
import WardDelivery
import WardIdentity
import WardMailKeys
import WardPortal
import WardQueue
import WardRecipientKeys
import WardSegments
import WardSenderDomains
package import WardStorage
import WardSubmission
import WardVault

extension Installation {
    /// Every module's migrations, in the order of their foreign keys.
    package static let migrations: [Migration] =
        WardQueueMigrations.all + WardVaultMigrations.all + WardAuditMigrations.all + WardIdentityMigrations.all
        + WardContactsMigrations.all + WardSegmentsMigrations.all + WardConsentMigrations.all
        + WardDeliveryMigrations.all
        + WardPortalMigrations.all + WardCampaignsMigrations.all + WardSenderDomainsMigrations.all
        + WardSubmissionMigrations.all + WardRecipientKeysMigrations.all + WardMailKeysMigrations.all

    /// Stops with a sentence unless the store's schema is the one this program was built for.
    static func checkSchema(of store: any Store, in directory: DataDirectory) async throws {
        switch try await MigrationRunner.status(of: store, migrations: migrations) {
        case .current: return
        case .older(let missing):
            throw CommandFailure(
                "The data is of an older version (\(missing.count) migrations to go). Back it up, then run: "
                    + "ward migrate --data \(directory.path)"
            )
        case .newer(let module, let number):
            throw CommandFailure(
                "The data is of a newer version than this program: \(module) \(number) is not known here. "
                    + "Start the newer program; the data was not touched."
            )
        case .changed(let module, let number):
            throw CommandFailure(
                "Migration \(module) \(number) has run with another text than this program has. "
                    + "This program is not the one that made the data; it was not touched."
            )
        }
    }
}
