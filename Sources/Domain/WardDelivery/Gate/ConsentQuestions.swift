// SPDX-License-Identifier: Apache-2.0

package import WardConsent
import WardKernel
package import WardStorage

/// Is the address suppressed? Holds per address, for every class.
package struct SuppressionQuestion: GateQuestion {
    package var name: GateQuestionName { .suppression }
    let consent: Consent
    package init(consent: Consent) { self.consent = consent }

    package func answers(_ subjects: [GateSubject], in tx: any ReadTransaction) throws -> [GateAnswer] {
        guard let organization = subjects.first?.organization else { return [] }
        let reasons = try consent.suppression(of: subjects.map(\.address), organization: organization, in: tx)
        return reasons.map { reason in
            reason.map { .refuses(.addressSuppressed, note: $0.rawValue) } ?? .passes(note: "not_suppressed")
        }
    }
}

/// Does the person agree to mail of this purpose? A withdrawal refuses every class that has a purpose; a recorded
/// agreement is needed for own services and marketing alone.
package struct ConsentQuestion: GateQuestion {
    package var name: GateQuestionName { .consent }
    let consent: Consent
    package init(consent: Consent) { self.consent = consent }

    package func answers(_ subjects: [GateSubject], in tx: any ReadTransaction) throws -> [GateAnswer] {
        try subjects.answered(byGroup: { $0.terms.askedClass.purpose }) { purpose, group in
            guard let purpose else { return group.map { _ in .notApplicable(note: "class_without_purpose") } }
            let standing = try consent.standing(
                of: group.compactMap(\.recipient.contact),
                purpose: purpose,
                channel: .email,
                organization: group[0].organization,
                in: tx
            )
            return group.map { subject in
                guard let contact = subject.recipient.contact else {
                    return .notApplicable(note: subject.recipient.kind)
                }
                return Self.answer(standing[contact] ?? .none, for: subject.terms.askedClass)
            }
        }
    }

    static func answer(_ standing: ConsentStanding, for messageClass: MessageClass) -> GateAnswer {
        switch standing {
        case .withdrawn: .refuses(.consentWithdrawn, note: "withdrawn")
        case .granted: .passes(note: "granted")
        case .none where messageClass.needsConsent: .refuses(.noConsent, note: "none_recorded")
        case .none: .passes(note: "class_needs_none")
        }
    }
}

/// Is there a valid authorization where the class is marketing (45 CFR 164.508(a)(3))?
package struct AuthorizationQuestion: GateQuestion {
    package var name: GateQuestionName { .authorization }
    let consent: Consent
    package init(consent: Consent) { self.consent = consent }

    package func answers(_ subjects: [GateSubject], in tx: any ReadTransaction) throws -> [GateAnswer] {
        struct Group: Hashable {
            var isNeeded: Bool
            var isPaid: Bool
        }
        return try subjects.answered(byGroup: { subject in
            Group(isNeeded: subject.terms.askedClass.needsAuthorization, isPaid: subject.terms.isPaidByThirdParty)
        }) { key, group in
            guard key.isNeeded else { return group.map { _ in .notApplicable(note: "not_marketing") } }
            let standing = try consent.authorization(
                of: group.compactMap(\.recipient.contact),
                isPaid: key.isPaid,
                at: group[0].now,
                organization: group[0].organization,
                in: tx
            )
            return group.map { subject in
                guard let contact = subject.recipient.contact else {
                    return .refuses(.noAuthorization, note: "not_a_person")
                }
                return Self.answer(standing[contact] ?? .none)
            }
        }
    }

    static func answer(_ standing: AuthorizationStanding) -> GateAnswer {
        switch standing {
        case .valid: .passes(note: "valid")
        case .none: .refuses(.noAuthorization, note: "none")
        case .expired: .refuses(.authorizationExpired, note: "expired")
        case .revoked: .refuses(.authorizationRevoked, note: "revoked")
        case .lacksRemunerationStatement: .refuses(.authorizationLacksPayment, note: "lacks_payment")
        }
    }
}

extension [GateSubject] {
    /// Answers group by group and puts the answers back into the subjects' order.
    func answered<Key: Hashable>(
        byGroup key: (GateSubject) -> Key,
        _ answer: (Key, [GateSubject]) throws -> [GateAnswer]
    ) throws -> [GateAnswer] {
        var result = [GateAnswer](repeating: .refuses(.unanswered, note: "not_grouped"), count: count)
        for (key, positions) in Dictionary(grouping: indices, by: { key(self[$0]) }) {
            let answers = try answer(key, positions.map { self[$0] })
            for (position, answer) in zip(positions, answers) { result[position] = answer }
        }
        return result
    }
}
