// SPDX-License-Identifier: Apache-2.0

package import WardKernel

/// Hands one message to another server. `SMTPTransmitter` is the only one outside tests; it takes nothing without a
/// clearance.
package protocol Transmitter: Sendable {
    /// Makes one attempt; never throws: every end is an outcome.
    ///
    /// - Parameter beforeFinalDot: commits that the message may have been sent; when it throws, nothing is sent.
    func transmit(
        _ transmission: Transmission,
        clearance: Clearance,
        beforeFinalDot: @Sendable () async throws -> Void
    ) async -> TransmissionOutcome

    /// What a look at the servers of a domain (or of its route) shows, without a message.
    func look(at domain: String, route: Route?, of organization: OrganizationID) async -> DestinationLook
}

/// One message ready for the wire.
package struct Transmission: Sendable {
    package let returnPath: EmailAddress
    package let recipient: EmailAddress
    /// RFC 5322, CRLF line ends.
    package let bytes: [UInt8]
    package let route: Route?
    /// Whether it may also go to a server that proves nothing: what `SendMethod.opportunisticTLS` carries, and what is
    /// encrypted to the recipient's own key.
    package let isOpportunistic: Bool
    /// Whether only a server may take it that promises to pass it on over verified TLS alone (RFC 8689).
    package let requiresTLSOnward: Bool
    /// Whether it goes whatever the domain's policy and signed DNS say: a report that they fail must arrive (RFC 8460 section 5.3.1).
    package var ignoresPolicies = false
}

/// How one attempt ended.
package enum TransmissionOutcome: Sendable {
    case accepted(AttemptEvidence)
    /// Nothing was taken; a later attempt may succeed. The word is safe for records.
    case failedForNow(String, AttemptEvidence)
    case refusedForGood(ServerRefusal, AttemptEvidence)
    /// Verified TLS was impossible; nothing of the message left.
    case notProtectable(String, AttemptEvidence)
    /// The server is as protectable as before, and does not promise to pass the message on over TLS alone, which this
    /// message asks for; nothing of it left.
    case notPassedOn(String, AttemptEvidence)
    /// The final dot left and no reply came.
    case inDoubt(String, AttemptEvidence)
    /// The hook threw or the worker is stopping: nothing was sent.
    case withheld
}

/// What a look at a destination showed.
package enum DestinationFinding: Sendable, Hashable {
    case protectable
    case notProtectable(String)
    /// It could not be reached now.
    case unknown(String)
}

/// A finding with what the domain's policies say; without a posture where it goes by a route or nothing was found.
package struct DestinationLook: Sendable, Hashable {
    package let finding: DestinationFinding
    package let posture: DestinationPosture?

    package init(_ finding: DestinationFinding, _ posture: DestinationPosture? = nil) {
        self.finding = finding
        self.posture = posture
    }
}
