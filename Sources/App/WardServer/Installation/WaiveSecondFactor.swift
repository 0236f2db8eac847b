// SPDX-License-Identifier: Apache-2.0

import WardAudit
import WardIdentity
import WardKernel
import WardStorage
import WardTelemetry

extension AuditAction {
    /// Ward was started beyond loopback although second factors are not required; the reason is the person's own words.
    static let secondFactorWaived = AuditAction(rawValue: "server.second_factor_waived")
}

extension Installation {
    /// Records the reason in every organization's log; without the record the server does not start.
    func waiveSecondFactor(reason: String) async throws {
        for organization in try await identity.organizationsOfEveryTenant() {
            let entry = AuditEntry(.secondFactorWaived, reason: Sensitive(reason))
            _ = try await store.write { [audit] tx in
                try audit.record(entry, by: .service("serve", of: organization.id), in: tx)
            }
        }
        telemetry.record(.secondFactorWaived, .warning)
    }
}
