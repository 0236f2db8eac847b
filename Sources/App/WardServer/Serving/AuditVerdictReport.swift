// SPDX-License-Identifier: Apache-2.0

package import WardAudit
package import WardCommands

/// Says what a verification of the audit log found.
package struct AuditVerdictReport: Sendable {
    private let output: any CommandOutput
    private let json: Bool

    package init(output: any CommandOutput, json: Bool) {
        self.output = output
        self.json = json
    }

    package func tell(_ verdict: AuditVerdict) async -> ExitStatus {
        switch verdict {
        case .intact(let proof):
            if json {
                await output.line(
                    JSONText.object([
                        "verdict": "intact", "entries": "\(proof.size)", "checkpoints": "\(proof.checkpoints)",
                        "outside": "\(proof.outside)", "key": proof.verifierKey,
                    ])
                )
            } else {
                await output.line(
                    "Audit log: \(proof.size.grouped) entries, each in its place and unchanged; "
                        + "\(proof.checkpoints.grouped) signed checkpoints agree, \(proof.outside.grouped) of them kept outside."
                )
            }
            return .done
        case .damaged(let position, let damage):
            if json {
                await output.line(
                    JSONText.object(["verdict": "damaged", "position": "\(position)", "damage": "\(damage)"])
                )
            } else {
                await output.line("Audit log: not what was signed, from position \(position) on (\(damage)).")
                await output.line(
                    "Everything before that position is proved. Keep this data directory as it is, and tell"
                )
                await output.line("the privacy officer.")
            }
            return .negative
        }
    }
}
