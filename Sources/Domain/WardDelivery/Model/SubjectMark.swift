// SPDX-License-Identifier: Apache-2.0

/// A mark that a sender writes into the subject to raise a message, such as `[secure]`. It does not leave.
package struct SubjectMark: Sendable, Codable, Hashable {
    package var text: String
    package var sensitivity: Sensitivity

    package init(_ text: String, _ sensitivity: Sensitivity) {
        self.text = text
        self.sensitivity = sensitivity
    }

    /// The marks where an organization has none of its own.
    package static let standard = [SubjectMark("[secure]", .sensitive), SubjectMark("[restricted]", .restricted)]

    var isValid: Bool {
        (2...40).contains(text.unicodeScalars.count)
            && text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
            && !text.allSatisfy(\.isWhitespace)
    }
}

extension [SubjectMark] {
    /// The subject without any mark, in whatever case, and the highest sensitivity that a mark asks for.
    package func reading(_ subject: String) -> (subject: String, sensitivity: Sensitivity?) {
        var (rest, raised): (String, Sensitivity?) = (subject, nil)
        for mark in self where !mark.text.isEmpty {
            while let range = rest.range(ofFolded: mark.text) {
                rest.replaceSubrange(range, with: " ")
                raised = raised.map { Swift.max($0, mark.sensitivity) } ?? mark.sensitivity
            }
        }
        guard raised != nil else { return (subject, nil) }
        return (rest.split(whereSeparator: \.isWhitespace).joined(separator: " "), raised)
    }
}

extension String {
    /// Where a text stands, without regard to capitals.
    fileprivate func range(ofFolded text: String) -> Range<String.Index>? {
        let wanted = Array(text.lowercased())
        var start = startIndex
        while start != endIndex {
            var position = start
            var matched = 0
            while matched < wanted.count, position != endIndex, self[position].lowercased() == String(wanted[matched]) {
                position = index(after: position)
                matched += 1
            }
            if matched == wanted.count { return start..<position }
            start = index(after: start)
        }
        return nil
    }
}
