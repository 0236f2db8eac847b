// SPDX-License-Identifier: Apache-2.0

import WardKernel

extension Routes {
    static let audit: [Route] = [
        .get("/audit", .permission(.viewAudit), "AuditPages.list", AuditPages.list),
        .post("/audit/verify", .permission(.viewAudit), "AuditPages.verify", AuditPages.verify),
        .post("/audit/export", .permission(.exportAudit), "AuditPages.export", AuditPages.export),
    ]
}
