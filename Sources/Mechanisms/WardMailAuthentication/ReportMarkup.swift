// SPDX-License-Identifier: Apache-2.0
//
// As much of XML as an aggregate report needs: elements and text, by local name. Strangers write reports, so the reader takes no
// document type (where entities would be declared: nothing expands, nothing is fetched), knows the five entities and numbers, and
// bounds depth, names and texts. One pass, linear in the length.

/// Why bytes are not read as a report. Holds nothing of them.
package enum AggregateReportProblem: Error, Hashable, Sendable {
    case malformed
    /// Larger, deeper or with more records than is read.
    case tooLong
}

struct ReportMarkup {
    static let deepest = 16
    static let longestName = 100
    static let longestText = 1_024

    private let bytes: [UInt8]
    private var position = 0
    private var path: [String] = []
    private var text: [UInt8] = []

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Tells of each element at its end: its path of local names in lower case and the text directly in it.
    mutating func read(
        _ element: (_ path: [String], _ text: String) throws(AggregateReportProblem) -> Void
    ) throws(AggregateReportProblem) {
        var hasRoot = false
        while position < bytes.count {
            guard bytes[position] == UInt8(ascii: "<") else {
                try takeText()
                continue
            }
            switch try tag() {
            case .ignored: continue
            case .opens(let name, let isAlone):
                guard path.count < Self.deepest else { throw .tooLong }
                guard !(path.isEmpty && hasRoot) else { throw .malformed }
                hasRoot = true
                path.append(name)
                text = []
                if isAlone { try close(element) }
            case .closes(let name):
                guard path.last == name else { throw .malformed }
                try close(element)
            }
        }
        guard hasRoot, path.isEmpty else { throw .malformed }
    }

    private mutating func close(
        _ element: ([String], String) throws(AggregateReportProblem) -> Void
    ) throws(AggregateReportProblem) {
        let words = String(decoding: text, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        try element(path, words.joined(separator: " "))
        path.removeLast()
        text = []
    }

    private enum Tag {
        case ignored
        case opens(String, isAlone: Bool)
        case closes(String)
    }

    private mutating func tag() throws(AggregateReportProblem) -> Tag {
        let rest = bytes[position...]
        if rest.starts(with: Array("<!--".utf8)) { return try skip(past: "-->") }
        if rest.starts(with: Array("<?".utf8)) { return try skip(past: "?>") }
        // A document type, or a section of raw text: no report needs either.
        if rest.starts(with: Array("<!".utf8)) { throw .malformed }
        guard let end = rest.firstIndex(of: UInt8(ascii: ">")) else { throw .malformed }
        var inner = bytes[(position + 1)..<end]
        position = end + 1
        let closes = inner.first == UInt8(ascii: "/")
        let isAlone = inner.last == UInt8(ascii: "/")
        if closes { inner = inner.dropFirst() }
        let full = inner.prefix { $0 > 0x20 && $0 != UInt8(ascii: "/") }
        guard !full.isEmpty, full.count <= Self.longestName else { throw .malformed }
        let local = full.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).last ?? full
        let name = String(decoding: local, as: UTF8.self).lowercased()
        return closes ? .closes(name) : .opens(name, isAlone: isAlone)
    }

    private mutating func skip(past mark: String) throws(AggregateReportProblem) -> Tag {
        guard let range = bytes[position...].firstRange(of: Array(mark.utf8)) else { throw .malformed }
        position = range.upperBound
        return .ignored
    }

    private mutating func takeText() throws(AggregateReportProblem) {
        let end = bytes[position...].firstIndex(of: UInt8(ascii: "<")) ?? bytes.count
        while position < end {
            guard text.count < Self.longestText else { throw .tooLong }
            if bytes[position] == UInt8(ascii: "&") {
                try takeEntity(before: end)
            } else {
                text.append(bytes[position])
                position += 1
            }
        }
    }

    private mutating func takeEntity(before end: Int) throws(AggregateReportProblem) {
        let known = ["amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'"]
        guard let stop = bytes[position..<end].prefix(12).firstIndex(of: UInt8(ascii: ";")) else { throw .malformed }
        let name = String(decoding: bytes[(position + 1)..<stop], as: UTF8.self)
        position = stop + 1
        if let character = known[name] {
            text += Array(character.utf8)
        } else {
            let isHexadecimal = name.hasPrefix("#x")
            guard name.hasPrefix("#"),
                let value = UInt32(name.dropFirst(isHexadecimal ? 2 : 1), radix: isHexadecimal ? 16 : 10),
                let scalar = Unicode.Scalar(value)
            else { throw .malformed }
            text += Array(String(Character(scalar)).utf8)
        }
    }
}
