// SPDX-License-Identifier: Apache-2.0

import Foundation
import WardKernel
import WardStorage
import WardVault

/// Decisions are kept sealed, under the key of the person they are about, with every answer: whoever asks later why a
/// message went or did not go gets what the gate knew then.
extension Delivery {
    struct SealedDecision {
        var id: GateDecisionID
        var sealed: [UInt8]
    }

    func seal(
        _ decisions: [GateDecision],
        of recipients: [MessageRecipient],
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [SealedDecision] {
        let identifiers = decisions.map { _ in surroundings.makeIdentifier(GateDecisionTag.self) }
        var encoding = DecisionEncoding()
        let requests = try decisions.indices.map { position in
            SealRequest(
                Sensitive(try encoding.octets(of: decisions[position])),
                at: Self.place(of: identifiers[position], recipients[position], organization)
            )
        }
        let sealed = try vault.seal(requests, of: organization, in: tx)
        return zip(identifiers, sealed).map { SealedDecision(id: $0, sealed: $1) }
    }

    func keep(
        _ kept: SealedDecision,
        _ decision: GateDecision,
        of message: MessageID,
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try DecisionQueries.insert(
            kept.id,
            of: message,
            verdict: decision.verdict.word,
            decidedAt: decision.decidedAt,
            sealed: kept.sealed,
            organization: organization,
            in: tx
        )
    }

    /// Seals and keeps decisions about these messages, in their order.
    func keep(
        _ decisions: [GateDecision],
        of messages: [(id: MessageID, recipient: MessageRecipient)],
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws -> [GateDecisionID] {
        let sealed = try seal(decisions, of: messages.map(\.recipient), organization: organization, in: tx)
        for position in decisions.indices {
            try keep(
                sealed[position],
                decisions[position],
                of: messages[position].id,
                organization: organization,
                in: tx
            )
        }
        return sealed.map(\.id)
    }

    func decisions(
        of message: MessageID,
        recipient: MessageRecipient,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [GateDecision] {
        try DecisionQueries.all(of: message, organization: organization, in: tx).map { id, sealed in
            try open(sealed, id, recipient, organization, in: tx)
        }
    }

    func open(
        _ sealed: [UInt8],
        _ id: GateDecisionID,
        _ recipient: MessageRecipient,
        _ organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> GateDecision {
        try vault.open(sealed, at: Self.place(of: id, recipient, organization), in: tx).expose(for: .disclosing) {
            try JSONDecoder().decode(GateDecision.self, from: Data($0))
        }
    }

    private static func place(
        of id: GateDecisionID,
        _ recipient: MessageRecipient,
        _ organization: OrganizationID
    ) -> SealedPlace {
        SealedPlace(
            organization: organization,
            owner: recipient.contact.map { .subject($0) } ?? .organization,
            kind: .gateDecision,
            row: id.bytes
        )
    }
}

extension GateVerdict {
    /// A fixed word for the row.
    var word: String {
        switch self {
        case .cleared(let method): "cleared:" + method.rawValue
        case .hold(let reason, _): "hold:" + reason.rawValue
        case .refuse(let reason): "refuse:" + reason.rawValue
        }
    }
}
