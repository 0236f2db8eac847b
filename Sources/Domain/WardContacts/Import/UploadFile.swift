// SPDX-License-Identifier: Apache-2.0
//
// An upload is sealed piece by piece as it comes: no clear byte of it is ever on a disk. Pieces have 256 KiB, so that
// the place of a byte tells its piece. When the last byte is in, the encoding is known (every byte was looked at), the
// file is read once for its structure, its columns and its number of rows, and a mapping is proposed.

import WardAudit
package import WardKernel
import WardStorage
import WardVault

/// What became of an upload.
package enum UploadOutcome: Sendable {
    /// Understood: look at the preview, correct the mapping, start.
    case ready(ImportID)
    /// Nothing of it can be imported; the problem says what, where and what to do.
    case refused(ImportID, FileProblem)
}

extension Contacts {
    static let pieceSize = 256 * 1_024

    /// Takes a file as a stream of pieces of any size.
    package func upload<Bytes: AsyncSequence>(
        fileName: String,
        _ bytes: Bytes,
        by requester: Requester
    ) async throws -> UploadOutcome where Bytes.Element == [UInt8] {
        try requester.require(.importContacts)
        let id = try await beginUpload(fileName: fileName, by: requester)
        var upload = Upload()
        for try await piece in bytes {
            upload.take(piece)
            if upload.waiting.count >= Self.pieceSize * 4 {
                try await keep(&upload, of: id, isLast: false, organization: requester.organization)
            }
        }
        try await keep(&upload, of: id, isLast: true, organization: requester.organization)
        return try await inspect(id, upload, fileName: fileName, organization: requester.organization)
    }

    private struct Upload: Sendable {
        var waiting: [UInt8] = []
        var detector = EncodingDetector()
        var head: [UInt8] = []
        var byteCount: Int64 = 0
        var chunkCount: Int64 = 0

        mutating func take(_ piece: [UInt8]) {
            detector.feed(piece)
            if head.count < 65_536 { head.append(contentsOf: piece.prefix(65_536 - head.count)) }
            waiting.append(contentsOf: piece)
        }
    }

    private func beginUpload(fileName: String, by requester: Requester) async throws -> ImportID {
        let id = surroundings.makeIdentifier(ImportTag.self)
        let shown = String(fileName.split(separator: "/").last ?? "file").prefix(200)
        try await store.write { tx in
            let organization = requester.organization
            let settings = ImportSettings(fileName: String(shown))
            try ImportQueries.insert(
                id,
                settings: try self.seal(settings, of: id, organization: organization, in: tx),
                requester: requester.identifier,
                of: organization,
                at: self.surroundings.now(),
                in: tx
            )
            let entry = AuditEntry(.importUpload, object: AuditObject(kind: "contact_import", id))
            try self.audit.record(entry, by: requester, in: tx)
        }
        return id
    }

    private func keep(
        _ upload: inout Upload,
        of id: ImportID,
        isLast: Bool,
        organization: OrganizationID
    ) async throws {
        let whole = upload.waiting.count - (isLast ? 0 : upload.waiting.count % Self.pieceSize)
        let pieces = upload.waiting.prefix(whole).paged(Self.pieceSize).map(Array.init)
        let (first, offset) = (upload.chunkCount, upload.byteCount)
        try await store.writeAlone { tx in
            let places = pieces.indices.map { self.piecePlace(.importChunk, id, first + Int64($0), of: organization) }
            let requests = zip(pieces, places).map { SealRequest(Sensitive($0), at: $1) }
            for (position, sealed) in try self.vault.seal(requests, of: organization, in: tx).enumerated() {
                try ImportPieceQueries.insertChunk(
                    first + Int64(position),
                    of: id,
                    firstByte: offset + Int64(position * Self.pieceSize),
                    sealed: sealed,
                    organization: organization,
                    in: tx
                )
            }
            try ImportQueries.measured(
                id,
                byteCount: offset + Int64(whole),
                chunkCount: first + Int64(pieces.count),
                rowTotal: nil,
                of: organization,
                in: tx
            )
        }
        upload.waiting.removeFirst(whole)
        upload.byteCount += Int64(whole)
        upload.chunkCount += Int64(pieces.count)
    }

    private func inspect(
        _ id: ImportID,
        _ upload: Upload,
        fileName: String,
        organization: OrganizationID
    ) async throws -> UploadOutcome {
        let known = try await store.read { tx in try self.definitions(of: organization, in: tx) }
        var settings = ImportSettings(fileName: String(fileName.split(separator: "/").last ?? "file"))
        do {
            let inspection = try await inspected(id, upload, fileName: fileName, known: known, organization)
            settings.format = inspection.format
            settings.proposals = inspection.proposals
            settings.mapping = inspection.mapping
            settings.notes = inspection.notes
            try await finishInspection(id, settings, .ready, upload, inspection.rows, organization)
            return .ready(id)
        } catch let problem as FileProblem {
            settings.problem = problem.description
            try await finishInspection(id, settings, .refused, upload, nil, organization)
            return .refused(id, problem)
        }
    }

    private func finishInspection(
        _ id: ImportID,
        _ settings: ImportSettings,
        _ state: ImportState,
        _ upload: Upload,
        _ rows: Int?,
        _ organization: OrganizationID
    ) async throws {
        let (byteCount, chunkCount) = (upload.byteCount, upload.chunkCount)
        try await store.write { tx in
            let sealed = try self.seal(settings, of: id, organization: organization, in: tx)
            try ImportQueries.put(id, state: state, settings: sealed, of: organization, in: tx)
            try ImportQueries.measured(
                id,
                byteCount: byteCount,
                chunkCount: chunkCount,
                rowTotal: rows,
                of: organization,
                in: tx
            )
            if state == .refused { try ImportPieceQueries.deleteChunks(of: id, organization: organization, in: tx) }
        }
    }

    private struct Inspection {
        var format: ImportFormat
        var proposals: [ColumnProposal] = []
        var mapping: ImportMapping
        var rows = 0
        var notes: [String] = []
    }

    @concurrent
    private func inspected(
        _ id: ImportID,
        _ upload: Upload,
        fileName: String,
        known: [AttributeName: AttributeDefinition],
        _ organization: OrganizationID
    ) async throws -> Inspection {
        let encoding = try upload.detector.result()
        let isFHIR = Self.looksLikeResources(upload.head, encoding)
        let format: ImportFormat =
            isFHIR
            ? .fhirPatients
            : .csv(
                CSVDialect(
                    delimiter: CSVDetection.delimiter(of: upload.head, encoding: encoding),
                    encoding: encoding.encoding,
                    markLength: encoding.markLength
                )
            )
        var source = ImportSource(id: id, organization: organization, format: format, batchSize: 2_000)
        var looking = Looking(known: known)
        while let batch = try await source.next(from: self) { try looking.take(batch, source: &source) }
        var inspection = try looking.finished(fileName: fileName, format: format)
        if case .csv(let dialect) = format { inspection.notes = Self.notes(dialect, looking) }
        return inspection
    }

    private static func looksLikeResources(_ head: [UInt8], _ encoding: DetectedEncoding) -> Bool {
        guard encoding.encoding == .utf8 else { return false }
        let text = head.dropFirst(encoding.markLength).drop { $0 <= 0x20 }
        return text.first == UInt8(ascii: "{")
    }

    private static func notes(_ dialect: CSVDialect, _ looking: Looking) -> [String] {
        var notes = ["Read as \(dialect.encoding.name), with a \(dialect.delimiterName) between cells."]
        if looking.isCutOff {
            notes.append("The last row has fewer cells than the header: the file seems to be cut off.")
        }
        return notes
    }

    /// Goes through the file once: its header, what its cells look like, how many rows there are.
    private struct Looking {
        let known: [AttributeName: AttributeDefinition]
        var header: [String]?
        var profiles: [ColumnProfile] = []
        var rows = 0
        var isCutOff = false

        mutating func take(_ batch: ImportSource.Batch, source: inout ImportSource) throws(FileProblem) {
            switch batch {
            case .lines(let lines): rows += lines.count
            case .csv(let records):
                for record in records {
                    guard let header else {
                        let names = try CSVDetection.header(record)
                        self.header = names
                        profiles = Array(repeating: ColumnProfile(), count: names.count)
                        source.name(columns: names)
                        continue
                    }
                    rows += 1
                    isCutOff = record.isUnended && record.count < header.count
                    // Twenty thousand rows tell what the columns are; the structure is read to the end.
                    if rows > 20_000 { continue }
                    for position in 0..<min(header.count, record.count) {
                        profiles[position].count(record.text(position))
                    }
                }
            }
        }

        func finished(fileName: String, format: ImportFormat) throws(FileProblem) -> Inspection {
            if format == .fhirPatients {
                guard rows > 0 else { throw .empty }
                return Inspection(format: format, mapping: ImportMapping(subject: .people, columns: []), rows: rows)
            }
            guard let header else { throw .empty }
            guard rows > 0 else { throw .headerOnly }
            let subject = ProposeMapping.subject(headers: header, fileName: fileName)
            let proposals = ProposeMapping.columns(
                headers: header,
                profiles: profiles,
                subject: subject,
                known: known
            )
            return Inspection(
                format: format,
                proposals: proposals,
                mapping: ImportMapping(subject: subject, columns: proposals.map(\.mapping)),
                rows: rows
            )
        }
    }
}
