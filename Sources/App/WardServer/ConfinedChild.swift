// SPDX-License-Identifier: Apache-2.0

import WardMailCrypto
import WardSandbox

/// `ward parse`: the program started by itself to read one foreign item, confined (invariant I12).
package enum ConfinedChild {
    /// Never returns when these arguments are those of a child. Call it before anything else: what holds the child holds
    /// the threads of that moment.
    package static func serveIfAsked(_ arguments: [String] = CommandLine.arguments) {
        guard SandboxChild.isAsked(arguments) else { return }
        SandboxChild.serve(arguments, warmUp: ConfinedTask.warmUp) { ConfinedTask.answer(to: $0) }
    }
}
