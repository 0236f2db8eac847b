// SPDX-License-Identifier: Apache-2.0

/// A fact about a person that a text may merge.
package struct MergeField: Hashable, Sendable {
    /// The name in braces, such as `given_name`.
    package var name: String
    /// What people call it, such as “Given name”.
    package var label: String
    /// Whether the value is protected health information: allowed in the text, refused in the subject.
    package var isPHI: Bool

    package init(name: String, label: String, isPHI: Bool) {
        self.name = name
        self.label = label
        self.isPHI = isPHI
    }
}

/// The fields that an organization's texts may use.
package struct MergeFieldCatalogue: Hashable, Sendable {
    package let fields: [MergeField]
    private let byName: [String: MergeField]

    package init(_ fields: [MergeField]) {
        self.fields = fields
        byName = Dictionary(fields.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    package func field(named name: String) -> MergeField? { byName[name] }

    /// What is wrong with the fields of a text, in order of appearance.
    package func problems(in template: MergeTemplate, as part: MergePart) -> [MergeFieldProblem] {
        template.fields.compactMap { name in
            let position = template.position(of: name) ?? TextPosition()
            guard let field = byName[name] else {
                return .unknown(name: name, at: position, suggestion: suggestion(for: name))
            }
            return part == .subject && field.isPHI ? .protectedInSubject(field, at: position) : nil
        }
    }

    /// The known name that is closest to a mistyped one, nil when none is close.
    package func suggestion(for name: String) -> String? {
        let allowed = max(1, min(3, name.count / 3))
        let ranked = fields.map { (name: $0.name, distance: EditDistance.between(name, $0.name, limit: allowed)) }
        return ranked.filter { $0.distance <= allowed }.min { ($0.distance, $0.name) < ($1.distance, $1.name) }?.name
    }
}

/// Where a template is used: a subject is readable on the way and in every preview, the text is protected.
package enum MergePart: String, Hashable, Sendable {
    case subject, text
}

/// A field that a text may not use.
package enum MergeFieldProblem: Hashable, Sendable, CustomStringConvertible {
    case unknown(name: String, at: TextPosition, suggestion: String?)
    case protectedInSubject(MergeField, at: TextPosition)

    /// A sentence for the author; it quotes only what the author wrote.
    package var description: String {
        switch self {
        case .unknown(let name, let position, let suggestion):
            let hint = suggestion.map { " Did you mean “\($0)”?" } ?? ""
            return "Line \(position.line), column \(position.column): there is no field “\(name)”.\(hint)"
        case .protectedInSubject(let field, _):
            return "“\(field.label)” is protected health information and cannot stand in the subject, which others can "
                + "read on a locked phone or in a list of messages. Put it into the text."
        }
    }
}

/// Levenshtein's distance with adjacent transpositions, cut off above a limit.
enum EditDistance {
    static func between(_ left: String, _ right: String, limit: Int) -> Int {
        let a = Array(left.unicodeScalars.prefix(64))
        let b = Array(right.unicodeScalars.prefix(64))
        guard abs(a.count - b.count) <= limit else { return limit + 1 }
        var beforePrevious: [Int] = []
        var previous = Array(0...b.count)
        for row in a.indices {
            var current = [row + 1]
            for column in b.indices {
                let cost = a[row] == b[column] ? 0 : 1
                var best = min(previous[column + 1] + 1, current[column] + 1, previous[column] + cost)
                if row > 0, column > 0, a[row] == b[column - 1], a[row - 1] == b[column] {
                    best = min(best, beforePrevious[column - 1] + 1)
                }
                current.append(best)
            }
            beforePrevious = previous
            previous = current
        }
        return previous[b.count]
    }
}
