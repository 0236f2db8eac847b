// SPDX-License-Identifier: Apache-2.0

import WardKernel
package import WardStorage

/// Is everybody on the way covered by an agreement (45 CFR 164.504(e))? Ward itself and the recipient's own server need
/// none; a relay needs one with its operator, and the declaration that it passes mail on over TLS.
package struct AgreementsQuestion: GateQuestion {
    package var name: GateQuestionName { .agreements }
    package init() {}

    package func answers(_ subjects: [GateSubject], in tx: any ReadTransaction) throws -> [GateAnswer] {
        guard let organization = subjects.first?.organization else { return [] }
        let routes = try RouteQueries.all(of: organization, in: tx)
        return subjects.map { subject in
            guard let route = routes.route(for: subject.address.domain) else {
                return .passes(note: "recipients_own_server")
            }
            if route.isRecipientsServer { return .passes(note: "route_is_recipients_server") }
            if route.mayCarryProtected { return .passes(note: "relay_agreement_and_onward_tls") }
            // A person's request covers the way, not a stranger in the middle of it.
            let isWithout = DecisionInputs(subject).isWithoutContent || subject.terms.isDeclaredFreeOfPHI
            let methods: Set<SendMethod> = isWithout ? [.portal, .opportunisticTLS] : [.portal]
            return .allows(methods, note: "relay_without_agreement_or_onward_tls")
        }
    }
}

/// Which methods do the sensitivity and the choice of staff allow?
package struct SensitivityQuestion: GateQuestion {
    package var name: GateQuestionName { .sensitivity }
    package init() {}

    package func answers(_ subjects: [GateSubject], in tx: any ReadTransaction) throws -> [GateAnswer] {
        subjects.map { subject in
            Self.answer(for: DecisionInputs(subject), under: subject.policy.scan, permitted: subject.permitted)
        }
    }

    static func answer(
        for inputs: DecisionInputs,
        under rules: ScanRules,
        permitted: Set<SendMethod>
    ) -> GateAnswer {
        let methods = inputs.allowedMethods(under: rules, permitted: permitted)
        guard !methods.isEmpty else { return .holds(.noMethod, until: nil) }
        return .allows(methods, note: "\(inputs.sensitivity(under: rules).rawValue)_\(inputs.methods.rawValue)")
    }
}

/// Which methods can carry it? S/MIME and OpenPGP, where the person's key is held and usable; verified TLS, unless a look at
/// the recipient's server within the last hour said that it is impossible; the portal, if the person can be recognised
/// there. Whether TLS really holds is seen at each attempt: where
/// it does not, the gate is asked again with that knowledge.
package struct TransportQuestion: GateQuestion {
    package var name: GateQuestionName { .transport }
    /// How long a look at a server is believed.
    package static let proofLifetime: Duration = .hours(1)

    let portal: any PortalDropbox
    let keys: any RecipientKeySource
    let destinations: Destinations

    init(portal: any PortalDropbox, keys: any RecipientKeySource, destinations: Destinations) {
        self.portal = portal
        self.keys = keys
        self.destinations = destinations
    }

    package func answers(_ subjects: [GateSubject], in tx: any ReadTransaction) throws -> [GateAnswer] {
        guard let organization = subjects.first?.organization, let now = subjects.first?.now else { return [] }
        let asked = subjects.map(\.address.domain)
        let onward = subjects.filter(\.terms.requiresTLSOnward).map { Destinations.onward($0.address.domain) }
        let hashes = try destinations.hashes(of: asked + onward, organization: organization, in: tx)
        let proofs = try DestinationQueries.proofs(
            Array(Set(hashes.values)),
            since: now - Self.proofLifetime,
            organization: organization,
            in: tx
        )
        let recognisable = try recognisable(subjects, organization: organization, in: tx)
        let held = try keys.held(by: subjects.compactMap(\.recipient.contact), at: now, of: organization, in: tx)
        return subjects.map { subject in
            func isPossible(_ name: String) -> Bool { hashes[name].flatMap { proofs[$0] } ?? true }
            let isTLSPossible = isPossible(subject.address.domain)
            let isRecognisable = subject.recipient.contact.map { recognisable.contains($0) } ?? false
            if subject.terms.requiresTLSOnward {
                let isPromised = isTLSPossible && isPossible(Destinations.onward(subject.address.domain))
                return Self.onwardAnswer(isPromised: isPromised, isRecognisable: isRecognisable)
            }
            return Self.answer(
                isTLSPossible: isTLSPossible,
                isRecognisable: isRecognisable,
                keys: subject.recipient.contact.flatMap { held[$0] } ?? HeldKeys()
            )
        }
    }

    /// The answer from what is known: a pure function. What can carry a message says nothing about what may: the verdict
    /// puts the two together, so that a kept answer stays true under another policy.
    static func answer(isTLSPossible: Bool, isRecognisable: Bool, keys: HeldKeys = HeldKeys()) -> GateAnswer {
        var available = keys.usable.union([.opportunisticTLS])
        if isTLSPossible { available.insert(.verifiedTLS) }
        if isRecognisable { available.insert(.portal) }
        let note = (isTLSPossible ? "tls_not_ruled_out" : "no_verified_tls") + (keys.hasUnusable ? "_key_unusable" : "")
        return keys.lost.isEmpty ? .allows(available, note: note) : .carries(available, lost: keys.lost, note: note)
    }

    /// For a message that may only be passed on over TLS: a server that promises it, or the portal, from which it does not leave.
    static func onwardAnswer(isPromised: Bool, isRecognisable: Bool) -> GateAnswer {
        var available: Set<SendMethod> = isPromised ? [.verifiedTLS] : []
        if isRecognisable { available.insert(.portal) }
        return .allows(available, note: isPromised ? "requiretls_not_ruled_out" : "requiretls_not_promised")
    }

    private func recognisable(
        _ subjects: [GateSubject],
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Set<ContactID> {
        var found: Set<ContactID> = []
        let candidates = subjects.filter { !DecisionInputs($0).isWithoutContent }
        for (sensitivity, group) in Dictionary(grouping: candidates, by: \.terms.sensitivity) {
            let contacts = group.compactMap(\.recipient.contact)
            found.formUnion(try portal.recognisable(contacts, for: sensitivity, of: organization, in: tx))
        }
        return found
    }
}
