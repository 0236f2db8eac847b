// SPDX-License-Identifier: Apache-2.0

import WardRender

/// One labelled field: label above, help under it, error between, value kept. Filled by `parts/field`.
struct FieldModel: Sendable {
    enum Kind: String, Sendable { case text, email, password, number, date, search }

    let fieldName: String
    let fieldLabel: String
    var fieldHelp: String?
    var fieldError: String?
    var fieldValue: String
    let fieldType: String
    var fieldAutocomplete: String
    var fieldIsRequired: Bool
    /// Whether the label says that the field may stay empty for good; a draft's fields may only for now.
    var fieldIsOptional: Bool
    var fieldIsLong: Bool
    var fieldMaxLength: Int
    /// What the input is described by: its help and its error.
    var fieldDescribedBy: String?

    init(
        _ name: String,
        _ label: String,
        _ kind: Kind = .text,
        help: String? = nil,
        error: String? = nil,
        value: String = "",
        autocomplete: String = "off",
        isRequired: Bool = true,
        isOptional: Bool? = nil,
        isLong: Bool = false,
        maxLength: Int = 400
    ) {
        fieldName = name
        fieldLabel = label
        fieldType = kind.rawValue
        fieldHelp = help
        fieldError = error
        fieldValue = value
        fieldAutocomplete = autocomplete
        fieldIsRequired = isRequired
        fieldIsOptional = isOptional ?? !isRequired
        fieldIsLong = isLong
        fieldMaxLength = maxLength
        let described = [help.map { _ in "\(name)-help" }, error.map { _ in "\(name)-error" }].compactMap { $0 }
        fieldDescribedBy = described.isEmpty ? nil : described.joined(separator: " ")
    }
}

/// One choice of a list, a group of radio buttons or check boxes.
struct ChoiceModel: Sendable {
    let choiceValue: String
    let choiceLabel: String
    var choiceHelp: String?
    var isChosen: Bool

    init(_ value: String, _ label: String, help: String? = nil, isChosen: Bool = false) {
        choiceValue = value
        choiceLabel = label
        choiceHelp = help
        self.isChosen = isChosen
    }
}

/// The list at the top of a form that was refused; each line leads to its field. Filled by `parts/error-summary`.
struct ErrorSummary: Sendable {
    struct Line: Sendable {
        let errorText: String
        /// The field's name, which is also its identifier in the page.
        let errorTarget: String
    }

    let summaryTitle: String
    let errors: [Line]

    /// Nil when there is nothing to say.
    init?(_ words: Words, _ errors: [(field: String, text: String)]) {
        guard !errors.isEmpty else { return nil }
        summaryTitle = words("There is a problem")
        self.errors = errors.map { Line(errorText: $0.text, errorTarget: $0.field) }
    }
}

/// A word with a dot before it: the state of a thing, never by colour alone. Filled by `parts/status`.
struct StatusModel: Sendable {
    enum Tone: String, Sendable { case good, warn, bad, plain }

    let statusWord: String
    let statusTone: String

    init(_ word: String, _ tone: Tone) {
        statusWord = word
        statusTone = tone.rawValue
    }
}

/// A moment for people, with the exact one in its title.
struct MomentModel: Sendable {
    let momentText: String
    let momentExact: String
}

/// A value that is protected health information: the mark at its left, and its dots until it is revealed. Filled by
/// `parts/phi`.
struct ProtectedValueModel: Sendable {
    let phiText: String
    let isMasked: Bool
}

/// What a list without entries says: what this is for and the first step. Filled by `parts/empty`.
struct EmptyModel: Sendable {
    let emptyTitle: String
    let emptyText: String
    let emptyAction: LinkModel?
}
