// SPDX-License-Identifier: Apache-2.0

import WardKernel

extension Routes {
    /// What protects messages, point by point.
    static let checklist: [Route] = [
        .get("/settings/checklist", .permission(.manageSettings), "ChecklistPages.show", ChecklistPages.show)
    ]
}
