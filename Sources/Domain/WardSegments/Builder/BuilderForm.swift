// SPDX-License-Identifier: Apache-2.0
//
// The rows of the visual builder: a flat list in which a group's rows follow it, one deeper. A page renders it with one
// fieldset a row and reads it back from the form's fields without JavaScript. Every form is a rule; not every rule is a
// form: one that a form cannot say (a double negation, a record condition of another shape) is edited as text.

package import WardContacts

/// How the rows of a group combine.
package enum BuilderJoin: String, CaseIterable, Hashable, Sendable, Codable {
    case all, any
}

/// A rule as rows.
package struct BuilderForm: Hashable, Sendable, Codable {
    /// Of the outermost group.
    package var join: BuilderJoin
    package var rows: [BuilderRow]

    package init(join: BuilderJoin = .all, rows: [BuilderRow] = []) {
        self.join = join
        self.rows = rows
    }
}

/// A group or a line of the builder.
package struct BuilderRow: Hashable, Sendable, Codable {
    package enum Content: Hashable, Sendable, Codable {
        case group(BuilderJoin)
        case line(BuilderLine)
    }

    /// 0 for the rows of the outermost group.
    package var depth: Int
    package var isNegated: Bool
    package var content: Content

    package init(depth: Int = 0, isNegated: Bool = false, _ content: Content) {
        self.depth = depth
        self.isNegated = isNegated
        self.content = content
    }
}

/// One line: what its controls hold, all of it text as a form sends it.
package struct BuilderLine: Hashable, Sendable, Codable {
    /// A field's name, a kind of record, `list`, an `EngagementTerm.Event`, or `everyone`.
    package var subject: String
    /// Of a field: a `BuilderTest`. Of records: empty for at least one, else a comparison for `count`.
    package var test: String
    /// The value; several of `in` on lines of their own; a list's or campaign's name; the number of a count.
    package var value: String
    /// The upper end of `between`.
    package var upper: String
    /// Of records: codes on lines of their own, part of the display, the status, and a comparison of the result.
    package var code: String
    package var display: String
    package var status: String
    package var resultTest: String
    package var result: String
    /// Empty, `within` or `next`.
    package var window: String
    package var windowCount: String
    /// `day`, `week`, `month` or `year`
    package var windowUnit: String

    package init(subject: String, test: String = "", value: String = "") {
        self.subject = subject
        self.test = test
        self.value = value
        (upper, code, display, status, resultTest, result) = ("", "", "", "", "", "")
        (window, windowCount, windowUnit) = ("", "", "")
    }
}

/// The tests that a line offers for a field.
package enum BuilderTest: String, CaseIterable, Hashable, Sendable {
    case equal = "="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case between, oneOf = "in", contains, starts, missing, present
    /// With the line's window.
    case window

    /// Those that fit a kind of attribute, in the order of a menu.
    package static func offered(for kind: AttributeKind) -> [BuilderTest] {
        switch kind {
        case .text, .code: [.equal, .notEqual, .oneOf, .contains, .starts, .missing, .present]
        case .number:
            [.between, .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .oneOf, .missing, .present]
        case .date: [.window, .between, .less, .lessOrEqual, .greater, .greaterOrEqual, .equal, .missing, .present]
        case .boolean: [.equal, .missing, .present]
        }
    }
}

/// A form that is not a rule: which row, and what to do about it.
package struct BuilderMistake: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: String, Hashable, Sendable {
        case emptyForm, emptyGroup, depth, subject, test, value, count, window
    }

    package var code: Code
    /// From 0; nil for the form as a whole.
    package var row: Int?

    package var description: String {
        let place = row.map { "Line \($0 + 1): " } ?? ""
        return switch code {
        case .emptyForm: "Add a line, or choose everyone."
        case .emptyGroup: place + "this group has no lines. Add one, or remove the group."
        case .depth: place + "a line belongs to a group directly above it, at most one deeper."
        case .subject: place + "choose what the line is about."
        case .test: place + "choose how the value is compared."
        case .value: place + "enter a value of the right kind."
        case .count: place + "enter a whole number."
        case .window: place + "enter a number from 1 to \(SegmentLanguage.longestWindow) and a unit."
        }
    }
}
