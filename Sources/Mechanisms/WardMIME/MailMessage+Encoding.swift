// SPDX-License-Identifier: Apache-2.0

extension MailMessage {
    /// The message as bytes.
    package func encoded() throws(MailMessageError) -> EncodedMessage { throw .noRecipient }
}
