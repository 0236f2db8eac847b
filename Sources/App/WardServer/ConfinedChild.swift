// SPDX-License-Identifier: Apache-2.0

import WardDelivery
import WardDocumentText
import WardMailCrypto
import WardSandbox

/// `ward parse`: the program started by itself to read one foreign item, confined (invariant I12).
package enum ConfinedChild {
    /// Never returns when these arguments are those of a child. Call it before anything else: what holds the child holds
    /// the threads of that moment.
    package static func serveIfAsked(_ arguments: [String] = CommandLine.arguments) {
        guard SandboxChild.isAsked(arguments) else { return }
        SandboxChild.serve(arguments, warmUp: ConfinedTask.warmUp) { request in
            DocumentText.isRequest(request) ? DocumentText.answer(to: request) : ConfinedTask.answer(to: request)
        }
    }
}

/// Reads office files and PDF, each in a child of its own. What breaks the child is unreadable.
struct ConfinedAttachmentReader: AttachmentReader {
    let sandbox: Sandbox

    func text(of content: [UInt8], mediaType: String, fileName: String) async -> String? {
        switch await sandbox.run(DocumentText.request(for: content)) {
        case .answered(let answer): DocumentText.text(of: answer)
        case .quarantined: nil
        }
    }
}
