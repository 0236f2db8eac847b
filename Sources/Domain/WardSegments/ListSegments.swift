// SPDX-License-Identifier: Apache-2.0

package import WardKernel
import WardStorage
import WardVault

extension Segments {
    /// How far back sizes are told: twelve weeks.
    private static let daysOfSizes = 84

    /// All segments by name, those whose name contains `search` when it is given; without their rules.
    package func list(matching search: String = "", by requester: Requester) async throws -> [Segment] {
        try requester.requireForSegments(.viewSegments)
        return try await store.read { tx in
            let wanted = FoldedText.of(search)
            let stored = try SegmentQueries.all(of: requester.organization, in: tx)
            let sizes = try self.sizes(for: requester, in: tx)
            return try self.names(of: stored, of: requester.organization, in: tx)
                .filter { wanted.isEmpty || FoldedText.of($0.name).contains(wanted) }
                .sorted { ($0.folded, $0.stored.id) < ($1.folded, $1.stored.id) }
                .map { self.segment($0.stored, name: $0.name, rule: nil, sizes: sizes[$0.stored.id] ?? []) }
        }
    }

    /// One segment with its rule (nil when the rule speaks of health and the requester may not filter by that).
    package func segment(_ id: SegmentID, by requester: Requester) async throws -> Segment {
        try requester.requireForSegments(.viewSegments)
        return try await store.read { tx in try self.segment(id, for: requester, in: tx) }
    }

    /// The segment with this name, without regard to case and accents; nil when there is none.
    package func segment(named name: String, by requester: Requester) async throws -> Segment? {
        try requester.requireForSegments(.viewSegments)
        return try await store.read { tx in
            let folded = Sensitive(FoldedText.of(name))
            let organization = requester.organization
            let index = try self.vault.blindIndex(folded, kind: .segmentName, of: organization, in: tx)
            return try SegmentQueries.named(index, of: organization, in: tx)
                .map { try self.segment($0, for: requester, in: tx) }
        }
    }

    /// All versions of a segment's rule, newest first. Throws `clinicalTerms` when one speaks of health and the
    /// requester may not filter by that.
    package func versions(of id: SegmentID, by requester: Requester) async throws -> [SegmentVersion] {
        try requester.requireForSegments(.viewSegments)
        return try await store.read { tx in
            let organization = requester.organization
            guard try SegmentQueries.one(id, of: organization, in: tx) != nil else {
                throw SegmentsError.noSuchSegment(id)
            }
            return try SegmentVersionQueries.all(of: id, of: organization, in: tx).map { stored in
                let rule = try self.open(stored, of: id, of: organization, in: tx)
                if !requester.mayFilterByClinical { _ = try self.check(rule.text, for: requester, in: tx) }
                return SegmentVersion(
                    version: stored.version,
                    rule: Sensitive(rule.text),
                    createdAt: stored.createdAt,
                    createdBy: stored.createdBy
                )
            }
        }
    }

    // MARK: Parts

    func segment(_ id: SegmentID, for requester: Requester, in tx: any ReadTransaction) throws -> Segment {
        let organization = requester.organization
        guard let stored = try SegmentQueries.one(id, of: organization, in: tx),
            let name = try names(of: [stored], of: organization, in: tx).first?.name
        else { throw SegmentsError.noSuchSegment(id) }
        var rule: Sensitive<String>?
        if !stored.isClinical || requester.mayFilterByClinical {
            rule = Sensitive(try storedRule(id, version: nil, of: organization, in: tx).text)
        }
        let sizes = try sizes(for: requester, in: tx)[id] ?? []
        return segment(stored, name: name, rule: rule, sizes: sizes)
    }

    private func segment(
        _ stored: SegmentQueries.Stored,
        name: String,
        rule: Sensitive<String>?,
        sizes: [SegmentSize]
    ) -> Segment {
        Segment(
            id: stored.id,
            name: name,
            version: stored.version,
            rule: rule,
            isClinical: stored.isClinical,
            createdAt: stored.createdAt,
            changedAt: stored.changedAt,
            sizes: sizes
        )
    }

    private func names(
        of stored: [SegmentQueries.Stored],
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [(stored: SegmentQueries.Stored, name: String, folded: String)] {
        let requests = stored.map { OpenRequest($0.sealedName, at: Self.namePlace($0.id, of: organization)) }
        return try zip(stored, vault.open(requests, of: organization, in: tx)).map { stored, opened in
            let name = try opened.get().expose(for: .disclosing) { String(decoding: $0, as: UTF8.self) }
            return (stored, name, FoldedText.of(name))
        }
    }

    private func sizes(for requester: Requester, in tx: any ReadTransaction) throws -> [SegmentID: [SegmentSize]] {
        let today = try moment(of: requester.organization, in: tx).today
        let first = today.adding(days: -Self.daysOfSizes)
        return try SegmentSizeQueries.all(since: first, of: requester.organization, in: tx).mapValues { sizes in
            sizes.map { size in
                let count = SegmentCount(size.size, isExactShown: requester.mayFilterByClinical)
                return SegmentSize(day: size.day, size: count)
            }
        }
    }
}
