// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import WardDelivery
import WardKernel

struct MailPolicyMarkCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "mark",
        abstract: "Set in the draft what a mark in the subject raises a message to.",
        discussion: """
            A sender writes the mark into the subject; it raises the message and does not leave.

              ward mail policy mark '[phi]' restricted
              ward mail policy mark '[phi]' none
            """
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The mark, 2 to 40 characters.") var mark: String
    @Argument(help: "sensitive, restricted, or none to remove the mark.") var sensitivity: String

    func validate() throws {
        guard ["sensitive", "restricted", "none"].contains(sensitivity) else {
            throw ValidationError("A mark raises to sensitive or restricted; none removes it.")
        }
    }

    func run(with session: CommandSession) async throws -> ExitStatus {
        let (mark, level) = (mark, Sensitivity(rawValue: sensitivity))
        let outcome = try await session.facades.delivery.draft(by: session.requester) { policy in
            let known = policy.marks.count
            policy.marks.removeAll { $0.text.lowercased() == mark.lowercased() }
            guard let level else { return policy.marks.count == known ? .unknownRule : nil }
            policy.marks.append(SubjectMark(mark, level))
            return nil
        }
        return await session.tell(outcome, "The draft is changed. Run it: ward mail policy try", asJSON: common.json)
    }
}
