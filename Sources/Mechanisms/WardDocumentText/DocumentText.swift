// SPDX-License-Identifier: Apache-2.0

/// Why nothing is read: the format, or something in it, is not understood.
struct UnreadableDocument: Error, Hashable {}

/// The text in a document, whole or not at all.
package enum DocumentText {
    /// Octets that a document may stand for once it is expanded.
    static let longest = 64 << 20

    /// Nil when the format is not known or any part of it could not be read.
    package static func read(_ bytes: [UInt8]) -> String? {
        do throws(UnreadableDocument) {
            if bytes.starts(with: [0x50, 0x4b, 0x03, 0x04]) { return try OfficeDocument.read(bytes) }
            // Some programs put a few octets before the mark; readers look into the first 1,024.
            if bytes.prefix(1_024).firstRange(of: Array("%PDF-".utf8)) != nil {
                return try PortableDocument.read(bytes)
            }
            return nil
        } catch {
            return nil
        }
    }

    /// The request that a confined child answers with `answer(to:)`: the letter D, then the document.
    package static func request(for document: [UInt8]) -> [UInt8] { [UInt8(ascii: "D")] + document }

    /// Whether a child's request is one of these.
    package static func isRequest(_ bytes: [UInt8]) -> Bool { bytes.first == UInt8(ascii: "D") }

    /// A child's answer: the letter T and the text, or nothing when it could not be read.
    package static func answer(to request: [UInt8]) -> [UInt8] {
        read(Array(request.dropFirst())).map { [UInt8(ascii: "T")] + Array($0.utf8) } ?? []
    }

    /// The text of an answer; nil when the document could not be read.
    package static func text(of answer: [UInt8]) -> String? {
        guard answer.first == UInt8(ascii: "T") else { return nil }
        return String(validating: answer.dropFirst(), as: UTF8.self)
    }
}
