// SPDX-License-Identifier: Apache-2.0
//
// Running an import. The file is read in batches of rows; each batch is written in one transaction together with the
// place in the file where the next begins and the counts. The statement that moves the place on takes effect only if the
// place is still where this run found it: after a crash, or with two workers, a row is imported once and none is left
// out. Reading and mapping the next batch runs beside the transaction of the one before.

import WardAudit
package import WardKernel
package import WardStorage

/// Why a run ended early though nothing is broken.
package enum ImportInterruption: Error, Hashable, Sendable, CustomStringConvertible {
    /// Another worker moved the import on, or it was undone.
    case overtaken
    case notFound

    package var description: String {
        switch self {
        case .overtaken: "contacts.import_overtaken: another worker goes on with this import."
        case .notFound: "contacts.import_not_found: there is no such import."
        }
    }
}

extension Contacts {
    /// So many rows are written in one transaction.
    static let rowsPerChunk = 1_000

    /// Runs a started import to its end, from where it stands. Called again after any failure it goes on.
    ///
    /// - Parameter inEachChunk: runs inside each chunk's transaction; the worker renews its lease there.
    /// - Returns: the progress at the end.
    package func run(
        _ id: ImportID,
        of organization: OrganizationID,
        inEachChunk: @escaping @Sendable (any WriteTransaction) throws -> Void = { _ in },
        progress report: @Sendable (ImportProgress) -> Void = { _ in }
    ) async throws -> ImportProgress {
        let run = try await openRun(id, of: organization)
        guard run.opened.stored.state == .running else { return progress(of: run.opened) }
        do {
            try await write(run, inEachChunk: inEachChunk, report: report)
            return try await end(run, .finished, problem: nil)
        } catch let problem as FileProblem {
            return try await end(run, .failed, problem: problem.description)
        }
    }

    private struct Run: Sendable {
        let opened: OpenedImport
        let chunk: ImportChunk
        let preparation: RowPreparation
        let source: ImportSource
    }

    private func openRun(_ id: ImportID, of organization: OrganizationID) async throws -> Run {
        try await store.read { tx in
            guard let opened = try self.openImport(id, of: organization, in: tx),
                let mapping = opened.settings.mapping, let format = opened.settings.format
            else { throw ImportInterruption.notFound }
            let (stored, settings) = (opened.stored, opened.settings)
            var source = ImportSource(
                id: id,
                organization: organization,
                format: format,
                batchSize: Self.rowsPerChunk,
                offset: stored.nextOffset,
                row: stored.lastRow
            )
            source.name(columns: mapping.columns.map(\.header))
            return Run(
                opened: opened,
                chunk: ImportChunk(
                    contacts: self,
                    id: id,
                    organization: organization,
                    settings: settings,
                    mapping: mapping,
                    requester: Requester(
                        organization: organization,
                        kind: .staff,
                        identifier: stored.requester,
                        roles: Set(settings.roles)
                    )
                ),
                preparation: RowPreparation(
                    settings: settings,
                    mapping: mapping,
                    definitions: try self.definitions(of: organization, in: tx),
                    latestDay: self.latestDay
                ),
                source: source
            )
        }
    }

    private func write(
        _ run: Run,
        inEachChunk: @escaping @Sendable (any WriteTransaction) throws -> Void,
        report: @Sendable (ImportProgress) -> Void
    ) async throws {
        var offset = run.opened.stored.nextOffset
        var isFirst = offset == 0
        var current = try await Self.prepare(run.source, run.preparation, skipsHeader: isFirst, contacts: self)
        while let (rows, source) = current {
            isFirst = false
            async let following = Self.prepare(source, run.preparation, skipsHeader: false, contacts: self)
            let progress = try await write(rows, from: offset, run.chunk, inEachChunk)
            report(progress)
            offset = rows.nextOffset
            current = try await following
        }
    }

    @concurrent
    private static func prepare(
        _ source: ImportSource,
        _ preparation: RowPreparation,
        skipsHeader: Bool,
        contacts: Contacts
    ) async throws -> (PreparedRows, ImportSource)? {
        var source = source
        guard var batch = try await source.next(from: contacts) else { return nil }
        if skipsHeader, case .csv(let records) = batch {
            let rest = Array(records.dropFirst())
            // A file whose header alone fills a batch has no such thing: the header is one row of a thousand.
            guard !rest.isEmpty else { return nil }
            batch = .csv(rest)
        }
        return (preparation.prepare(batch), source)
    }

    private func write(
        _ rows: PreparedRows,
        from offset: Int64,
        _ chunk: ImportChunk,
        _ inEachChunk: @escaping @Sendable (any WriteTransaction) throws -> Void
    ) async throws -> ImportProgress {
        try atImportPoint(.beforeChunk(lastRow: rows.lastRow))
        let progress = try await store.writeAlone { tx in
            let counts = try chunk.write(rows, in: tx)
            try self.atImportPoint(.insideChunk(lastRow: rows.lastRow))
            let isOurs = try ImportQueries.advance(
                chunk.id,
                from: offset,
                to: rows.nextOffset,
                lastRow: rows.lastRow,
                adding: counts,
                of: chunk.organization,
                in: tx
            )
            guard isOurs else { throw ImportInterruption.overtaken }
            try inEachChunk(tx)
            guard let opened = try self.openImport(chunk.id, of: chunk.organization, in: tx) else {
                throw ImportInterruption.notFound
            }
            return self.progress(of: opened)
        }
        try atImportPoint(.afterChunk(lastRow: rows.lastRow))
        return progress
    }

    private func end(_ run: Run, _ state: ImportState, problem: String?) async throws -> ImportProgress {
        let (id, organization) = (run.chunk.id, run.chunk.organization)
        return try await store.write { tx in
            guard var opened = try self.openImport(id, of: organization, in: tx) else {
                throw ImportInterruption.notFound
            }
            guard opened.stored.state == .running else { return self.progress(of: opened) }
            opened.settings.problem = problem
            let sealed = try self.seal(opened.settings, of: id, organization: organization, in: tx)
            try ImportQueries.put(id, state: state, settings: sealed, of: organization, in: tx)
            try ImportQueries.ended(id, of: organization, at: self.surroundings.now(), in: tx)
            try ImportPieceQueries.deleteChunks(of: id, organization: organization, in: tx)
            let counts = opened.stored.counts
            try self.audit.record(
                AuditEntry(
                    .importFinish,
                    object: AuditObject(kind: "contact_import", id),
                    outcome: state == .finished ? .success : .failed,
                    facts: [
                        "added": "\(counts.added)", "updated": "\(counts.updated)",
                        "unchanged": "\(counts.unchanged)", "rejected": "\(counts.rejected)",
                        "possible_duplicates": "\(counts.possibleDuplicates)",
                    ]
                ),
                by: run.chunk.requester,
                in: tx
            )
            return try self.openImport(id, of: organization, in: tx).map { self.progress(of: $0) }
                ?? self.progress(of: opened)
        }
    }
}
