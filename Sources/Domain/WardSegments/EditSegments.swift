// SPDX-License-Identifier: Apache-2.0

import WardAudit
package import WardKernel
import WardStorage
import WardVault

extension Segments {
    /// Makes a segment. Throws a `SegmentSyntaxError`, `nameTaken`, `badName` or `clinicalTerms`.
    package func create(name: String, rule: String, by requester: Requester) async throws -> Segment {
        try await recordingDenials(.segmentCreate, nil, by: requester) {
            try requester.requireForSegments(.editSegments)
            let name = try Self.checkedName(name)
            return try await store.write { tx in
                let checked = try self.check(rule, for: requester, in: tx)
                let segment = Segment(
                    id: self.surroundings.makeIdentifier(),
                    name: name,
                    version: 1,
                    rule: Sensitive(rule),
                    isClinical: !checked.clinicalFields.isEmpty,
                    createdAt: self.surroundings.now(),
                    changedAt: self.surroundings.now(),
                    sizes: []
                )
                let (index, sealed) = try self.sealedName(name, of: segment.id, by: requester, in: tx)
                try SegmentQueries.insert(segment, nameIndex: index, sealedName: sealed, by: requester, in: tx)
                let stored = StoredRule(document: SegmentDocument(checked.expression), text: rule)
                try self.put(stored, version: 1, of: segment.id, by: requester, in: tx)
                try self.note(.segmentCreate, segment.id, version: 1, rule: rule, by: requester, in: tx)
                return segment
            }
        }
    }

    /// Gives a segment another rule, as its next version; earlier versions are kept.
    ///
    /// - Parameter version: The version that was edited: throws `changedMeanwhile` when it is not the current one.
    package func update(
        _ id: SegmentID,
        from version: Int64,
        rule: String,
        by requester: Requester
    ) async throws -> Segment {
        try await recordingDenials(.segmentUpdate, id, by: requester) {
            try requester.requireForSegments(.editSegments)
            return try await store.write { tx in
                let organization = requester.organization
                guard let current = try SegmentQueries.one(id, of: organization, in: tx) else {
                    throw SegmentsError.noSuchSegment(id)
                }
                guard !current.isClinical || requester.mayFilterByClinical else {
                    throw SegmentsError.clinicalTerms(["its present rule"])
                }
                let checked = try self.check(rule, for: requester, in: tx)
                let isAdvanced = try SegmentQueries.advance(
                    id,
                    from: version,
                    isClinical: !checked.clinicalFields.isEmpty,
                    at: self.surroundings.now(),
                    by: requester,
                    in: tx
                )
                guard isAdvanced else { throw SegmentsError.changedMeanwhile(id, current: current.version) }
                let stored = StoredRule(document: SegmentDocument(checked.expression), text: rule)
                try self.put(stored, version: version + 1, of: id, by: requester, in: tx)
                try self.note(.segmentUpdate, id, version: version + 1, rule: rule, by: requester, in: tx)
                return try self.segment(id, for: requester, in: tx)
            }
        }
    }

    /// Gives a segment another name.
    package func rename(_ id: SegmentID, to name: String, by requester: Requester) async throws {
        try await recordingDenials(.segmentRename, id, by: requester) {
            try requester.requireForSegments(.editSegments)
            let name = try Self.checkedName(name)
            try await store.write { tx in
                guard try SegmentQueries.one(id, of: requester.organization, in: tx) != nil else {
                    throw SegmentsError.noSuchSegment(id)
                }
                let (index, sealed) = try self.sealedName(name, of: id, by: requester, in: tx)
                let now = self.surroundings.now()
                try SegmentQueries.rename(id, nameIndex: index, sealedName: sealed, at: now, by: requester, in: tx)
                try self.note(.segmentRename, id, by: requester, in: tx)
            }
        }
    }

    /// Deletes a segment with its versions and sizes; throws `inUse` when something still uses it.
    package func delete(_ id: SegmentID, by requester: Requester) async throws {
        try await recordingDenials(.segmentDelete, id, by: requester) {
            try requester.requireForSegments(.editSegments)
            try await store.write { tx in
                let organization = requester.organization
                guard try SegmentQueries.one(id, of: organization, in: tx) != nil else {
                    throw SegmentsError.noSuchSegment(id)
                }
                let uses = try self.uses.flatMap { try $0.uses(of: id, of: organization, in: tx) }
                guard uses.isEmpty else { throw SegmentsError.inUse(uses) }
                try SegmentQueries.delete(id, of: organization, in: tx)
                try self.note(.segmentDelete, id, by: requester, in: tx)
            }
        }
    }

    // MARK: Parts

    private static func checkedName(_ name: String) throws(SegmentsError) -> String {
        let trimmed = name.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        let isPlain = name.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
        guard isPlain, (1...120).contains(trimmed.count), trimmed.utf8.count <= 480 else { throw .badName }
        return trimmed
    }

    /// The look-up value and the sealed form of a name; throws `nameTaken` when another segment has it.
    private func sealedName(
        _ name: String,
        of id: SegmentID,
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws -> (index: [UInt8], sealed: [UInt8]) {
        let organization = requester.organization
        let folded = Sensitive(FoldedText.of(name))
        let index = try vault.blindIndex(folded, kind: .segmentName, of: organization, in: tx)
        if let other = try SegmentQueries.named(index, of: organization, in: tx), other != id {
            throw SegmentsError.nameTaken
        }
        let plain = Sensitive(Array(name.utf8))
        return (index, try vault.seal(plain, at: Self.namePlace(id, of: organization), in: tx))
    }

    private func note(
        _ action: AuditAction,
        _ id: SegmentID,
        version: Int64? = nil,
        rule: String? = nil,
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws {
        try audit.record(
            AuditEntry(
                action,
                object: AuditObject(kind: "segment", id),
                reason: rule.map { Sensitive($0) },
                facts: version.map { ["version": String($0)] } ?? [:]
            ),
            by: requester,
            in: tx
        )
    }
}
