// SPDX-License-Identifier: Apache-2.0

import Foundation
package import WardAudit
package import WardContacts
package import WardKernel
package import WardStorage
package import WardVault

/// The façade: stored segments, their counts and members, and who belongs to them.
///
/// A rule that speaks of health needs the permission `filterByClinical` from everybody who makes, reads, counts or uses
/// it; without that permission counts below eleven are not told. Rules and names are sealed.
package final class Segments: Sendable {
    let store: any Store
    let people: any PeopleSource
    let vault: Vault
    let audit: Audit
    let evaluator: any SegmentEvaluator
    let engagement: any EngagementFacts
    let uses: [any SegmentUses]
    let surroundings: Surroundings
    let rules = CheckedRules()

    /// - Parameters:
    ///   - evaluator: `ColumnEvaluator` in the product.
    ///   - engagement: Facts about opened and delivered messages; by default this version has none and says so.
    ///   - uses: Asked before a segment is deleted.
    package init(
        store: any Store,
        people: any PeopleSource,
        vault: Vault,
        audit: Audit,
        evaluator: any SegmentEvaluator,
        engagement: any EngagementFacts = NoEngagementFacts(),
        uses: [any SegmentUses] = [],
        surroundings: Surroundings
    ) {
        self.store = store
        self.people = people
        self.vault = vault
        self.audit = audit
        self.evaluator = evaluator
        self.engagement = engagement
        self.uses = uses
        self.surroundings = surroundings
    }

    // MARK: Checking

    /// What rules may speak of, as far as the requester may filter by it: for the builder and its help.
    package func vocabulary(by requester: Requester) async throws -> SegmentVocabulary {
        try requester.requireForSegments(.viewSegments)
        let mayFilterByClinical = requester.mayFilterByClinical
        return try await store.read { [self] tx in
            let catalogue = try people.catalogue(of: requester.organization, in: tx)
            return SegmentVocabulary(
                fields: catalogue.fields.values.filter { mayFilterByClinical || !$0.isClinical }
                    .sorted { $0.label < $1.label },
                lists: catalogue.listNames,
                records: DatedRecordKind.allCases.filter { mayFilterByClinical || !$0.isClinical },
                events: engagement.events
            )
        }
    }

    /// The checked rule of a text; throws the first mistake, or `clinicalTerms` when the requester may not filter by it.
    func check(_ text: String, for requester: Requester, in tx: any ReadTransaction) throws -> CheckedSegment {
        let catalogue = try people.catalogue(of: requester.organization, in: tx)
        let checked = try SegmentChecker(catalogue).check(text)
        guard checked.clinicalFields.isEmpty || requester.mayFilterByClinical else {
            throw SegmentsError.clinicalTerms(checked.clinicalFields)
        }
        return checked
    }

    /// Runs a transaction that evaluates, over all that is committed now.
    func evaluating<Result: Sendable>(
        _ organization: OrganizationID,
        _ body: @escaping @Sendable (any ReadTransaction) throws -> Result
    ) async throws -> Result {
        try await people.prepare(organization)
        return try await store.read(body)
    }

    func moment(of organization: OrganizationID, in tx: any ReadTransaction) throws -> EvaluationMoment {
        let zone = try people.timeZone(of: organization, in: tx)
        guard let moment = EvaluationMoment(now: surroundings.now(), zone: zone) else {
            throw SegmentsError.unknownTimeZone
        }
        return moment
    }

    func question(
        _ segment: CheckedSegment,
        parts: [SegmentExpression] = [],
        among contacts: [ContactID]? = nil,
        ignoring campaign: CampaignID? = nil,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> SegmentQuestion {
        let moment = try moment(of: organization, in: tx)
        return SegmentQuestion(
            organization: organization,
            segment: segment,
            parts: parts,
            moment: moment,
            engagement: try EngagementAnswers.gather(
                for: segment.expression,
                from: engagement,
                of: organization,
                at: moment,
                among: contacts,
                ignoring: campaign,
                in: tx
            )
        )
    }

    // MARK: Stored rules

    /// A stored segment's rule at a version (the current one when nil), as text.
    func storedRule(
        _ id: SegmentID,
        version: Int64?,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> (version: Int64, text: String) {
        guard let segment = try SegmentQueries.one(id, of: organization, in: tx) else {
            throw SegmentsError.noSuchSegment(id)
        }
        let wanted = version ?? segment.version
        guard let stored = try SegmentVersionQueries.one(wanted, of: id, of: organization, in: tx) else {
            throw SegmentsError.noSuchVersion(id, wanted)
        }
        return (wanted, try open(stored, of: id, of: organization, in: tx).text)
    }

    func open(
        _ stored: SegmentVersionQueries.Stored,
        of id: SegmentID,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> StoredRule {
        let place = Self.rulePlace(id, stored.version, of: organization)
        return try vault.open(stored.sealedRule, at: place, in: tx).expose(for: .evaluating) { bytes in
            do {
                return try JSONDecoder().decode(StoredRule.self, from: Data(bytes))
            } catch let error as SegmentSyntaxError where error.code == .newerGrammar {
                throw error
            } catch {
                throw SegmentsError.damaged(id)
            }
        }
    }

    /// Inserts a version of a rule.
    func put(
        _ rule: StoredRule,
        version: Int64,
        of id: SegmentID,
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let plain = Sensitive([UInt8](try encoder.encode(rule)))
        let sealed = try vault.seal(plain, at: Self.rulePlace(id, version, of: requester.organization), in: tx)
        try SegmentVersionQueries.insert(
            version,
            of: id,
            sealedRule: sealed,
            at: surroundings.now(),
            by: requester,
            in: tx
        )
    }

    static func rulePlace(_ id: SegmentID, _ version: Int64, of organization: OrganizationID) -> SealedPlace {
        let number = (0..<8).map { UInt8(truncatingIfNeeded: version >> (56 - 8 * $0)) }
        return SealedPlace(
            organization: organization,
            owner: .organization,
            kind: .segmentRule,
            row: id.bytes + number
        )
    }

    static func namePlace(_ id: SegmentID, of organization: OrganizationID) -> SealedPlace {
        SealedPlace(organization: organization, owner: .organization, kind: .segmentName, row: id.bytes)
    }

    // MARK: Denials

    /// Runs a use case; a refusal by a rule of segments is written to the audit log before it is thrown on. A missing
    /// permission is written by the edge that asked, for every module.
    func recordingDenials<Result: Sendable>(
        _ action: AuditAction,
        _ segment: SegmentID?,
        by requester: Requester,
        _ body: () async throws -> Result
    ) async throws -> Result {
        do {
            return try await body()
        } catch {
            let isDenial: Bool
            switch error {
            case SegmentsError.clinicalTerms, SegmentsError.tooFew: isDenial = true
            default: isDenial = false
            }
            guard isDenial else { throw error }
            try await store.write { [audit] tx in
                let object = segment.map { AuditObject(kind: "segment", $0) }
                try audit.record(AuditEntry(action, object: object, outcome: .denied), by: requester, in: tx)
            }
            throw error
        }
    }
}

/// What a requester's rules may speak of.
package struct SegmentVocabulary: Sendable {
    /// The attributes, by label.
    package var fields: [AttributeDefinition]
    /// The lists' names.
    package var lists: [String]
    package var records: [DatedRecordKind]
    /// What is known to have happened with people's messages.
    package var events: [EngagementTerm.Event]
}

/// The sealed form of a version: the tree, and the text as its author laid it out.
struct StoredRule: Codable, Sendable {
    var document: SegmentDocument
    var text: String
}

extension Requester {
    /// The platform's own work may use segments that staff made.
    func requireForSegments(_ permission: Permission) throws(AccessDenied) {
        if kind != .service { try require(permission) }
    }

    var mayFilterByClinical: Bool { kind == .service || may(.filterByClinical) }
}
