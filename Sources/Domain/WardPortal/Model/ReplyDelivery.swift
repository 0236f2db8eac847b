// SPDX-License-Identifier: Apache-2.0

package import WardDelivery
package import WardKernel
package import WardStorage

/// What the portal needs of the one send path, so that the two can be made one after the other: the delivery takes the
/// portal's deposits, the portal takes the delivery.
package protocol ReplyDelivery: Sendable {
    /// Asks the gate and queues one message in the caller's transaction.
    func send(
        _ content: Sensitive<ComposedContent>,
        terms: MessageTerms,
        lowering: SensitivityLowering?,
        to recipient: MessageRecipient,
        at address: EmailAddress,
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws -> SubmissionOutcome

    /// A message waiting in the portal was read for the first time.
    func portalOpened(_ message: MessageID, of organization: OrganizationID, in tx: any WriteTransaction) throws
}

extension Delivery: ReplyDelivery {}
