// SPDX-License-Identifier: Apache-2.0

import WardContacts

/// Recursive descent over the tokens, bounded in depth, length and number of terms.
struct SegmentParser {
    let source: String
    private let tokens: [SegmentToken]
    private var position = 0
    private var depth = 0
    private var ordinal = -1
    var sites: [ParsedSegment.Site] = []

    static func parse(_ source: String) throws(SegmentSyntaxError) -> ParsedSegment {
        guard source.utf8.count <= SegmentLanguage.longestText else {
            throw SegmentSyntaxError(
                .tooLong,
                at: 0,
                of: "",
                "the rule is longer than \(SegmentLanguage.longestText) bytes; use a list for many single values"
            )
        }
        var parser = SegmentParser(source: source, tokens: try SegmentLexer.tokens(of: source))
        guard parser.current.kind != .end else {
            throw parser.error(.unexpectedEnd, "the rule is empty; for every person write `everyone`")
        }
        let expression = try parser.alternatives { parser throws(SegmentSyntaxError) in try parser.personTerm() }
        guard parser.current.kind == .end else { throw parser.unexpected("`and`, `or` or the end of the rule") }
        return ParsedSegment(source: source, expression: expression, sites: parser.sites)
    }

    private init(source: String, tokens: [SegmentToken]) {
        self.source = source
        self.tokens = tokens
    }

    // MARK: The boolean levels

    typealias Leaf<Tree> = (inout SegmentParser) throws(SegmentSyntaxError) -> Tree

    mutating func alternatives<Tree: BooleanTree>(_ leaf: Leaf<Tree>) throws(SegmentSyntaxError) -> Tree {
        let first = try conjunction(leaf)
        guard isAt("or") else { return first }
        var parts = [first]
        while accept("or") { parts.append(try conjunction(leaf)) }
        return .any(parts)
    }

    private mutating func conjunction<Tree: BooleanTree>(_ leaf: Leaf<Tree>) throws(SegmentSyntaxError) -> Tree {
        let first = try part(leaf)
        guard isAt("and") else { return first }
        var parts = [first]
        while accept("and") { parts.append(try part(leaf)) }
        return .all(parts)
    }

    private mutating func part<Tree: BooleanTree>(_ leaf: Leaf<Tree>) throws(SegmentSyntaxError) -> Tree {
        depth += 1
        defer { depth -= 1 }
        guard depth <= SegmentLanguage.deepest else {
            throw error(.tooDeep, "groups are nested more than \(SegmentLanguage.deepest) deep here")
        }
        if accept("not") { return .not(try part(leaf)) }
        if accept(.open) {
            let inner = try alternatives(leaf)
            try expect(.close, "`)`, `and` or `or`")
            return inner
        }
        return try leaf(&self)
    }

    // MARK: Sites

    mutating func beginTerm() throws(SegmentSyntaxError) {
        ordinal += 1
        try beginSite()
    }

    mutating func beginSite() throws(SegmentSyntaxError) {
        guard sites.count < SegmentLanguage.mostTerms else {
            throw error(.tooManyTerms, "the rule has more than \(SegmentLanguage.mostTerms) terms")
        }
        sites.append(.init(term: current.offset, ordinal: max(0, ordinal), value: current.offset))
    }

    /// Notes where the value of a term begins: the site is the one that was begun at this index.
    mutating func markValue(of site: Int) { sites[site].value = current.offset }

    // MARK: Tokens

    var current: SegmentToken { tokens[position] }
    var following: SegmentToken.Kind { tokens[min(position + 1, tokens.count - 1)].kind }

    mutating func advance() { position = min(position + 1, tokens.count - 1) }

    func isAt(_ keyword: String) -> Bool { current.kind == .word(keyword) }

    mutating func accept(_ keyword: String) -> Bool { accept(.word(keyword)) }

    mutating func accept(_ kind: SegmentToken.Kind) -> Bool {
        guard current.kind == kind else { return false }
        advance()
        return true
    }

    mutating func expect(_ kind: SegmentToken.Kind, _ expected: String) throws(SegmentSyntaxError) {
        guard accept(kind) else { throw unexpected(expected) }
    }

    /// The next token as text in quotes.
    mutating func text(_ expected: String) throws(SegmentSyntaxError) -> String {
        guard case .text(let text) = current.kind else { throw unexpected(expected) }
        advance()
        return text
    }

    func error(_ code: SegmentSyntaxError.Code, _ message: String, suggestion: String? = nil) -> SegmentSyntaxError {
        var error = SegmentSyntaxError(code, at: current.offset, of: source, message, suggestion: suggestion)
        error.term = ordinal < 0 ? nil : ordinal
        return error
    }

    func unexpected(_ expected: String, near candidates: [String] = []) -> SegmentSyntaxError {
        switch current.kind {
        case .end: return error(.unexpectedEnd, "the rule ends here, where \(expected) should follow")
        case .word(let word):
            let nearest = Spelling.nearest(to: word, among: candidates).map { "`\($0)`" }
            return error(.unexpectedWord, "`\(word)` does not fit here; expected \(expected)", suggestion: nearest)
        default: return error(.unexpectedWord, "this does not fit here; expected \(expected)")
        }
    }
}
