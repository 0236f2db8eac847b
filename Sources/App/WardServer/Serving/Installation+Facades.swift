// SPDX-License-Identifier: Apache-2.0

import WardAudit
import WardCommands
import WardWeb

extension Installation {
    /// What the pages may call.
    var webFacades: Facades { Facades(identity: identity, audit: AuditReader(audit, in: store)) }

    /// What commands may call.
    var commandFacades: CommandFacades { CommandFacades() }

    /// The loops that do the work behind the pages.
    var workers: [NamedService] { [] }
}
