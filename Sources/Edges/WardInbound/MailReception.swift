// SPDX-License-Identifier: Apache-2.0

/// Who answers a dialogue's questions.
package protocol MailReception: Sendable {
    /// Never throws: what fails is answered with a temporary refusal, so that the other side keeps the message.
    func answer(_ question: DialogueQuestion, in session: DialogueSession) async -> DialogueAnswer
}
