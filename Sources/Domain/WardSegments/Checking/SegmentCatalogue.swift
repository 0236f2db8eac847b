// SPDX-License-Identifier: Apache-2.0

package import WardContacts

/// What the terms of one organization's rules may speak of.
package struct SegmentCatalogue: Sendable {
    /// The derived field `age`: whole years in the organization's zone.
    package static let age = "age"

    /// By name.
    package let fields: [String: AttributeDefinition]
    /// Lists by their name, folded.
    let lists: [String: ListID]
    let listNames: [String]

    /// - Parameters:
    ///   - attributes: The organization's attributes, the built-in ones among them.
    ///   - lists: The names of the organization's lists.
    package init(attributes: [AttributeDefinition], lists: [String: ListID] = [:]) {
        fields = Dictionary(attributes.map { ($0.name.rawValue, $0) }) { first, _ in first }
        self.lists = Dictionary(lists.map { (FoldedText.of($0.key), $0.value) }) { min($0, $1) }
        listNames = lists.keys.sorted()
    }

    /// Nil for a field that the organization does not have.
    func type(of field: String) -> SegmentValueType? {
        if field == Self.age { return fields[AttributeName.birthDate.rawValue].map { _ in .number } }
        return fields[field].map { SegmentValueType($0.kind) }
    }

    func list(named name: String) -> ListID? { lists[FoldedText.of(name)] }

    /// The names of all fields, in alphabetical order.
    package var fieldNames: [String] { (fields.keys + [Self.age]).sorted() }
}

/// What a field or a record's field holds.
enum SegmentValueType: Hashable, Sendable {
    case text, number, date, boolean
    /// A result: a number or text.
    case result

    init(_ kind: AttributeKind) {
        self =
            switch kind {
            case .text, .code: .text
            case .number: .number
            case .date: .date
            case .boolean: .boolean
            }
    }

    init(_ field: SegmentRecordField) {
        self =
            switch field {
            case .code, .display, .status, .unit: .text
            case .value: .result
            case .date: .date
            }
    }

    /// As in "compare it with …".
    var words: String {
        switch self {
        case .text: "text in quotes"
        case .number: "a number"
        case .date: "a date such as \"2026-01-31\""
        case .boolean: "`true` or `false`"
        case .result: "a number or text in quotes"
        }
    }
}
