// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardStorage
import WardVault

/// Reads an uploaded file from its sealed pieces, batch by batch, from any place where a row begins.
struct ImportSource: Sendable {
    enum Batch: Sendable {
        case csv([CSVRecord])
        case lines([LineReader.Line])
    }

    private enum Reader: Sendable {
        case csv(CSVReader, [CSVRecord])
        case lines(LineReader, [LineReader.Line])
    }

    private let id: ImportID
    private let organization: OrganizationID
    private let batchSize: Int
    private let format: ImportFormat
    private let offset: Int64
    private let row: Int
    private var reader: Reader?
    private var columns: [String] = []
    private var nextPiece: Int64
    private var isAtEnd = false

    init(
        id: ImportID,
        organization: OrganizationID,
        format: ImportFormat,
        batchSize: Int,
        offset: Int64 = 0,
        row: Int = 0
    ) {
        self.id = id
        self.organization = organization
        self.format = format
        self.batchSize = batchSize
        self.offset = offset
        self.row = row
        // The unit before the place tells whether a line feed there belongs to a carriage return.
        var unit: Int64 = 1
        if case .csv(let dialect) = format,
            dialect.encoding == .utf16BigEndian || dialect.encoding == .utf16LittleEndian
        {
            unit = 2
        }
        nextPiece = max(0, offset - unit) / Int64(Contacts.pieceSize)
    }

    /// Names the columns for messages.
    mutating func name(columns: [String]) {
        self.columns = columns
        if case .csv(var csv, let waiting) = reader {
            csv.header = columns
            reader = .csv(csv, waiting)
        }
    }

    /// The next rows; nil at the end.
    mutating func next(from contacts: Contacts) async throws -> Batch? {
        while true {
            if let batch = takeBatch() { return batch }
            if isAtEnd { return takeRest() }
            guard let piece = try await piece(nextPiece, contacts) else {
                isAtEnd = true
                try finish()
                continue
            }
            nextPiece += 1
            try feed(piece)
        }
    }

    private func piece(_ number: Int64, _ contacts: Contacts) async throws -> [UInt8]? {
        let (id, organization) = (id, organization)
        return try await contacts.store.read { tx in
            guard let sealed = try ImportPieceQueries.chunk(number, of: id, organization: organization, in: tx) else {
                return nil
            }
            let place = contacts.piecePlace(.importChunk, id, number, of: organization)
            return try contacts.vault.open(sealed, at: place, in: tx).expose(for: .evaluating) { $0 }
        }
    }

    private mutating func feed(_ piece: [UInt8]) throws(FileProblem) {
        var piece = piece
        if reader == nil {
            let start = Int(offset - (nextPiece - 1) * Int64(Contacts.pieceSize))
            reader = makeReader(before: piece.prefix(start))
            piece.removeFirst(min(start, piece.count))
        }
        switch reader {
        case .csv(var csv, var waiting):
            reader = nil
            defer { reader = .csv(csv, waiting) }
            try csv.feed(piece, into: &waiting)
        case .lines(var lines, var waiting):
            reader = nil
            defer { reader = .lines(lines, waiting) }
            try lines.feed(piece, into: &waiting)
        case nil: return
        }
    }

    private func makeReader(before: ArraySlice<UInt8>) -> Reader {
        switch format {
        case .fhirPatients: return .lines(LineReader(resumingAt: offset, row: row), [])
        case .csv(let dialect):
            let isAfterReturn =
                switch dialect.encoding {
                case .utf8, .windows1252: before.last == 0x0D
                case .utf16LittleEndian: before.suffix(2).elementsEqual([0x0D, 0])
                case .utf16BigEndian: before.suffix(2).elementsEqual([0, 0x0D])
                }
            var csv = CSVReader(
                dialect: dialect,
                resumingAt: offset,
                row: row,
                afterReturn: offset > 0 && isAfterReturn
            )
            csv.header = columns
            return .csv(csv, [])
        }
    }

    private mutating func finish() throws(FileProblem) {
        switch reader {
        case .csv(var csv, var waiting):
            try csv.finish(into: &waiting)
            reader = .csv(csv, waiting)
        case .lines(var lines, var waiting):
            lines.finish(into: &waiting)
            reader = .lines(lines, waiting)
        case nil: return
        }
    }

    private mutating func takeBatch() -> Batch? {
        switch reader {
        case .csv(let csv, let waiting) where waiting.count >= batchSize:
            reader = .csv(csv, Array(waiting.dropFirst(batchSize)))
            return .csv(Array(waiting.prefix(batchSize)))
        case .lines(let lines, let waiting) where waiting.count >= batchSize:
            reader = .lines(lines, Array(waiting.dropFirst(batchSize)))
            return .lines(Array(waiting.prefix(batchSize)))
        default: return nil
        }
    }

    private mutating func takeRest() -> Batch? {
        switch reader {
        case .csv(let csv, let waiting):
            reader = .csv(csv, [])
            return waiting.isEmpty ? nil : .csv(waiting)
        case .lines(let lines, let waiting):
            reader = .lines(lines, [])
            return waiting.isEmpty ? nil : .lines(waiting)
        case nil: return nil
        }
    }
}
