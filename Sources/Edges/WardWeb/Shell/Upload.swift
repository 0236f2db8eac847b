// SPDX-License-Identifier: Apache-2.0
//
// multipart/form-data (RFC 7578) read as it arrives: the text fields that stand before the file, then the file's octets
// in pieces. Ward's own forms put their token first, so that nothing of the file is read before it is checked.

import Hummingbird
import NIOCore

/// A form whose last part is one file.
final class Upload: Sendable {
    private let parts: MultipartReader
    let fields: Fields
    /// As the browser names it, at most 200 characters; shown, never used as a path.
    let fileName: String
    /// As the browser says; a claim.
    private let mediaType: String

    private init(parts: MultipartReader, fields: Fields, first: PartHead) {
        self.parts = parts
        self.fields = fields
        fileName = String((first.fileName ?? "").prefix(200))
        mediaType = first.mediaType
    }

    /// Reads the fields before the file.
    /// - Throws: `BadRequest` when the body is no such form, or a field is longer than 64 KiB.
    static func begin(_ body: RequestBody, contentType: String?, atMost limit: Int) async throws -> Upload {
        guard let contentType, contentType.lowercased().hasPrefix("multipart/form-data"),
            let boundary = boundary(in: contentType)
        else { throw BadRequest(reason: .wrongContentType) }
        let reader = MultipartReader(body, boundary: boundary, limit: limit)
        var fields = Fields()
        for _ in 0..<200 {
            guard let head = try await reader.nextPart() else { throw BadRequest(reason: .missingField) }
            if head.fileName != nil { return Upload(parts: reader, fields: fields, first: head) }
            var bytes: [UInt8] = []
            while let piece = try await reader.nextPiece() {
                bytes += piece
                guard bytes.count <= 64 * 1_024 else { throw BadRequest(reason: .tooLarge) }
            }
            guard let text = String(validating: bytes, as: UTF8.self) else { throw BadRequest(reason: .malformed) }
            fields.add(head.name, text)
        }
        throw BadRequest(reason: .tooLarge)
    }

    /// The file's next octets; nil at its end.
    func nextPiece() async throws -> [UInt8]? { try await parts.nextPiece() }

    /// All the files of the form, this one and those behind it; a field that was left empty is none.
    /// - Throws: `BadRequest` for more files or octets than these.
    func files(
        atMost count: Int,
        octets limit: Int
    ) async throws -> [(name: String, mediaType: String, content: [UInt8])] {
        var files: [(name: String, mediaType: String, content: [UInt8])] = []
        var (name, type) = (fileName, mediaType)
        var taken = 0
        while true {
            var content: [UInt8] = []
            while let piece = try await parts.nextPiece() {
                taken += piece.count
                guard taken <= limit else { throw BadRequest(reason: .tooLarge) }
                content += piece
            }
            if !name.isEmpty || !content.isEmpty { files.append((name, type, content)) }
            guard files.count <= count else { throw BadRequest(reason: .tooLarge) }
            var next = try await parts.nextPart()
            // Fields behind a file are not read: Ward's own forms have none.
            while let head = next, head.fileName == nil { next = try await parts.nextPart() }
            guard let head = next else { return files }
            (name, type) = (String((head.fileName ?? "").prefix(200)), head.mediaType)
        }
    }

    private static func boundary(in contentType: String) -> [UInt8]? {
        for parameter in contentType.split(separator: ";").dropFirst() {
            let text = parameter.drop { $0 == " " }
            guard text.lowercased().hasPrefix("boundary=") else { continue }
            let value = text.dropFirst("boundary=".count).filter { $0 != "\"" }
            return (1...70).contains(value.utf8.count) ? Array(value.utf8) : nil
        }
        return nil
    }
}

/// What a part says of itself.
struct PartHead: Sendable {
    let name: String
    let fileName: String?
    /// Lower case, without parameters; `application/octet-stream` where none is given.
    let mediaType: String
}

/// The parts of a multipart body, one after another. An actor, because a body's iterator has one reader.
actor MultipartReader {
    private var iterator: RequestBody.AsyncIterator
    private let delimiter: [UInt8]
    private let limit: Int
    private var taken = 0
    private var buffer: [UInt8] = Array("\r\n".utf8)
    private var isAtEnd = false
    private var isInPart = false
    private var hasBegun = false

    init(_ body: RequestBody, boundary: [UInt8], limit: Int) {
        iterator = body.makeAsyncIterator()
        delimiter = Array("\r\n--".utf8) + boundary
        self.limit = limit
    }

    /// The next part's head; nil after the last one.
    func nextPart() async throws -> PartHead? {
        while try await nextPiece() != nil {}
        if isAtEnd { return nil }
        if !hasBegun { try await skipToDelimiter() }
        hasBegun = true
        guard try await fill(2) else { throw BadRequest(reason: .malformed) }
        if buffer.starts(with: Array("--".utf8)) {
            isAtEnd = true
            return nil
        }
        while true {
            if let end = find(Array("\r\n\r\n".utf8)) {
                let lines = String(decoding: buffer[..<end], as: UTF8.self)
                buffer.removeFirst(end + 4)
                isInPart = true
                return try Self.head(lines)
            }
            guard buffer.count <= 16 * 1_024, try await more() else { throw BadRequest(reason: .malformed) }
        }
    }

    /// The next octets of the part; nil at its end.
    func nextPiece() async throws -> [UInt8]? {
        guard isInPart, !isAtEnd else { return nil }
        while true {
            if let end = find(delimiter) {
                if end > 0 { return take(end) }
                buffer.removeFirst(delimiter.count)
                isInPart = false
                return nil
            }
            let safe = buffer.count - delimiter.count
            if safe >= 16 * 1_024 { return take(safe) }
            guard try await more() else { throw BadRequest(reason: .malformed) }
        }
    }

    private func skipToDelimiter() async throws {
        while find(delimiter) == nil {
            guard buffer.count <= 16 * 1_024, try await more() else { throw BadRequest(reason: .malformed) }
        }
        if let start = find(delimiter) { buffer.removeFirst(start + delimiter.count) }
    }

    private func take(_ count: Int) -> [UInt8] {
        let piece = Array(buffer[..<count])
        buffer.removeFirst(count)
        return piece
    }

    private func fill(_ count: Int) async throws -> Bool {
        while buffer.count < count { guard try await more() else { return false } }
        return true
    }

    private func more() async throws -> Bool {
        // An actor's property cannot be changed across a suspension: the iterator is taken out and put back. A part has one
        // reader, so nobody asks in between.
        var taking = iterator
        let next = try await taking.next(isolation: self)
        iterator = taking
        guard let piece = next else { return false }
        taken += piece.readableBytes
        guard taken <= limit else { throw BadRequest(reason: .tooLarge) }
        buffer += Array(buffer: piece)
        return true
    }

    private func find(_ pattern: [UInt8]) -> Int? {
        guard buffer.count >= pattern.count, let first = pattern.first else { return nil }
        var position = 0
        let last = buffer.count - pattern.count
        while position <= last {
            guard let candidate = buffer[position...last].firstIndex(of: first) else { return nil }
            if buffer[candidate..<(candidate + pattern.count)].elementsEqual(pattern) { return candidate }
            position = candidate + 1
        }
        return nil
    }

    private static func head(_ lines: String) throws(BadRequest) -> PartHead {
        var mediaType = "application/octet-stream"
        var disposition: Substring?
        for line in lines.split(separator: "\r\n") {
            let lower = line.lowercased()
            if lower.hasPrefix("content-disposition:") { disposition = disposition ?? line }
            guard lower.hasPrefix("content-type:") else { continue }
            mediaType = lower.dropFirst("content-type:".count).prefix { $0 != ";" }.filter { $0 != " " }
        }
        if let disposition, let name = parameter("name", of: disposition) {
            return PartHead(name: name, fileName: parameter("filename", of: disposition), mediaType: mediaType)
        }
        throw BadRequest(reason: .malformed)
    }

    private static func parameter(_ name: String, of line: Substring) -> String? {
        guard let start = line.firstRange(of: "; \(name)=\"") else { return nil }
        let rest = line[start.upperBound...]
        guard let end = rest.firstIndex(of: "\"") else { return nil }
        return String(rest[..<end])
    }
}
