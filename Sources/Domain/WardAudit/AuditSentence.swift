// SPDX-License-Identifier: Apache-2.0

package import WardKernel

/// What people are called, given by whoever may know it.
package struct AuditNames: Sendable {
    /// The name of a staff account, a patient or a service; nil when unknown.
    package var actor: @Sendable (Requester.Kind, [UInt8]) -> String?
    /// How the subject may be shown to the reader: a name, or a masked one.
    package var subject: @Sendable (SubjectID) -> String?
    /// The name of an object, such as a campaign's; nil when it has none or may not be shown.
    package var object: @Sendable (AuditObject) -> String?

    package init(
        actor: @escaping @Sendable (Requester.Kind, [UInt8]) -> String? = { _, _ in nil },
        subject: @escaping @Sendable (SubjectID) -> String? = { _ in nil },
        object: @escaping @Sendable (AuditObject) -> String? = { _ in nil }
    ) {
        self.actor = actor
        self.subject = subject
        self.object = object
    }
}

extension AuditRecord {
    /// One sentence for people: "Dana Reyes revealed contact J. D. (date of birth, phone).". May hold names: protected
    /// like them.
    package func sentence(names: AuditNames) -> Sensitive<String> {
        var words = [names.actor(actorKind, actor) ?? unnamedActor]
        let parts = action.rawValue.split(separator: ".", maxSplits: 1)
        let verb = parts.last.map(String.init) ?? action.rawValue
        switch outcome {
        case .success: words.append(PastTense.of(verb))
        case .denied: words.append("was not allowed to \(verb.spaced)")
        case .failed: words.append("did not succeed to \(verb.spaced)")
        }
        if let object {
            words.append(object.kind.spaced)
            if let name = names.object(object) { words.append("“\(name)”") }
        } else if parts.count == 2, let thing = parts.first {
            words.append(String(thing).spaced)
        }
        if let subject { words.append("of \(names.subject(subject) ?? "a person")") }
        if !content.fields.isEmpty {
            let fields = content.fields.split(separator: ",").map { String($0).spaced }
            words.append("(\(fields.joined(separator: ", ")))")
        }
        return Sensitive(words.joined(separator: " ") + ".")
    }

    private var unnamedActor: String {
        switch actorKind {
        case .staff: "A staff account"
        case .patient: "A patient"
        case .service: "The system (\(String(decoding: actor, as: UTF8.self)))"
        }
    }
}

extension String {
    fileprivate var spaced: String {
        String(map { "._-".contains($0) ? " " : $0 })
    }
}

/// The past tense of the verbs that action names end with.
private enum PastTense {
    private static let irregular = [
        "send": "sent", "read": "read", "undo": "undid", "begin": "began", "hold": "held", "make": "made",
        "give": "gave", "take": "took", "run": "ran", "withdraw": "withdrew", "see": "saw", "set": "set",
        "get": "got", "sign_in": "signed in", "sign_out": "signed out", "let": "let", "find": "found", "put": "put",
        "submit": "submitted", "permit": "permitted",
    ]

    static func of(_ verb: String) -> String {
        if let known = irregular[verb] { return known }
        let words = verb.split(whereSeparator: { "._-".contains($0) }).map(String.init)
        guard let first = words.first else { return verb }
        return ([irregular[first] ?? regular(first)] + words.dropFirst()).joined(separator: " ")
    }

    private static func regular(_ verb: String) -> String {
        if verb.hasSuffix("ed") { return verb }
        if verb.hasSuffix("e") { return verb + "d" }
        if verb.hasSuffix("y"), let before = verb.dropLast().last, !"aeiou".contains(before) {
            return verb.dropLast() + "ied"
        }
        return verb + "ed"
    }
}
