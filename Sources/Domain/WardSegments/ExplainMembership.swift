// SPDX-License-Identifier: Apache-2.0

import WardAudit
import WardContacts
package import WardKernel
import WardStorage

extension Segments {
    /// Why a person is in a stored segment or not, term by term. The audit log gets the fields that were shown.
    package func why(
        _ contact: ContactID,
        in id: SegmentID,
        by requester: Requester
    ) async throws -> MembershipExplanation {
        try await recordingDenials(.segmentExplain, id, by: requester) {
            let rule = try await store.read { tx in
                try self.storedRule(id, version: nil, of: requester.organization, in: tx).text
            }
            return try await explain(contact, rule: rule, of: id, by: requester)
        }
    }

    /// Why a person is in the audience of a rule that is being written or not.
    package func why(
        _ contact: ContactID,
        inRule rule: String,
        by requester: Requester
    ) async throws -> MembershipExplanation {
        try await recordingDenials(.segmentExplain, nil, by: requester) {
            try await explain(contact, rule: rule, of: nil, by: requester)
        }
    }

    private func explain(
        _ contact: ContactID,
        rule: String,
        of id: SegmentID?,
        by requester: Requester
    ) async throws -> MembershipExplanation {
        try requester.require(.viewSegments)
        try requester.require(.viewContacts)
        return try await store.write { tx in
            let organization = requester.organization
            let checked = try self.check(rule, for: requester, in: tx)
            let question = try self.question(checked, among: [contact], of: organization, in: tx)
            guard let person = try self.people.people([contact], of: organization, in: tx).first else {
                throw SegmentsError.noSuchPerson(contact)
            }
            let explainer = MembershipExplainer(
                evaluator: PersonEvaluator(
                    segment: checked,
                    moment: question.moment,
                    engagement: question.engagement
                ),
                showsReasons: requester.may(.revealContacts)
            )
            try self.audit.record(
                AuditEntry(
                    .segmentExplain,
                    object: id.map { AuditObject(kind: "segment", $0) },
                    subject: contact,
                    fields: explainer.fields
                ),
                by: requester,
                in: tx
            )
            return person.expose(for: .disclosing) { explainer.explanation(of: $0) }
        }
    }
}

/// Says of each group and term whether it holds for a person, and what the person's data says about it.
struct MembershipExplainer: Sendable {
    let evaluator: PersonEvaluator
    /// Whether values are told: that discloses them.
    let showsReasons: Bool

    /// The names of the fields and records that the rule asks for.
    var fields: [String] {
        var names: [String] = []
        for term in evaluator.segment.expression.terms {
            let name =
                switch term {
                case .field(let name, _): name
                case .record(let term): term.kind.rawValue
                case .list: "list"
                case .engagement(let term): term.event.rawValue
                }
            if !names.contains(name) { names.append(name) }
        }
        return names
    }

    func explanation(of person: PersonFacts) -> MembershipExplanation {
        var terms: [TermExplanation] = []
        add(evaluator.segment.expression, depth: 0, person, to: &terms)
        return MembershipExplanation(isMember: evaluator.holds(for: person), terms: terms)
    }

    private func add(
        _ expression: SegmentExpression,
        depth: Int,
        _ person: PersonFacts,
        to terms: inout [TermExplanation]
    ) {
        func add(_ text: String, reason: String? = nil) {
            terms.append(
                TermExplanation(
                    depth: depth,
                    term: Sensitive(text),
                    holds: evaluator.holds(expression, person),
                    reason: showsReasons ? reason.map { Sensitive($0) } : nil
                )
            )
        }
        switch expression {
        case .everyone: add("everyone")
        case .all(let parts):
            add("all of")
            for part in parts { self.add(part, depth: depth + 1, person, to: &terms) }
        case .any(let parts):
            add("any of")
            for part in parts { self.add(part, depth: depth + 1, person, to: &terms) }
        case .not(.term(let term)): add("not " + SegmentPrinter.text(of: term), reason: reason(term, person))
        case .not(let part):
            add("not")
            self.add(part, depth: depth + 1, person, to: &terms)
        case .term(let term): add(SegmentPrinter.text(of: term), reason: reason(term, person))
        }
    }

    private func reason(_ term: SegmentTerm, _ person: PersonFacts) -> String {
        switch term {
        case .field(SegmentCatalogue.age, _):
            return evaluator.birthDate(of: person)
                .map { "age is \($0.age(on: evaluator.moment.today)) (born \($0))" } ?? "the birth date is missing"
        case .field(let name, _):
            let value = PersonEvaluator.value(person, name, evaluator.segment.types[name])
            return value.map { "\(name) is \($0.display)" } ?? "\(name) is missing"
        case .list: return evaluator.holds(term, person) ? "is on the list" : "is not on the list"
        case .engagement(let term):
            return evaluator.holds(.engagement(term), person) ? "yes, by Ward's record" : "no such event is on record"
        case .record(let term): return reason(term, person)
        }
    }

    private func reason(_ term: RecordTerm, _ person: PersonFacts) -> String {
        let matching = person.records.filter { evaluator.matches($0, term) }
            .sorted { $0.start > $1.start }
        guard let newest = matching.first else {
            let others = person.records.count { $0.kind == term.kind }
            return others == 0
                ? "no \(term.kind.rawValue) is on record"
                : "none of \(others) \(term.kind.rawValue) record\(others == 1 ? "" : "s") matches"
        }
        let words = [newest.display, newest.code].filter { !$0.isEmpty }.joined(separator: ", ")
        let count = matching.count == 1 ? "1 matches" : "\(matching.count) match, the newest"
        return "\(count): \(words) on \(newest.start)"
            + (newest.status.map { ", \($0)" } ?? "") + (newest.value.map { ", \($0.display)" } ?? "")
            + (newest.unit.map { " \($0)" } ?? "")
    }
}
