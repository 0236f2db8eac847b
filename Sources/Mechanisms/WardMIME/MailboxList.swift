// SPDX-License-Identifier: Apache-2.0
//
// `From`, `Reply-To` and the like (RFC 5322 section 3.4), as they are met: names in atoms, in quotes or in encoded words, comments
// skipped, groups refused. An address inside a name or a comment is never taken for the mailbox.

package import WardKernel

/// The mailboxes of a header value.
package struct MailboxList: Sendable {
    /// One mailbox with its display name.
    package struct Entry: Hashable, Sendable {
        package let name: String
        package let address: EmailAddress
    }

    /// Empty when any of it cannot be read.
    package let mailboxes: [Entry]

    /// - Parameter value: unfolded, encoded words decoded or not.
    package init(_ value: String) {
        guard value.utf8.count <= 20_000, let pieces = Self.pieces(value) else {
            mailboxes = []
            return
        }
        let entries = pieces.map(Self.entry)
        mailboxes = entries.contains { $0 == nil } ? [] : entries.compactMap(\.self)
    }

    private struct Piece {
        var name = ""
        var address: String?
    }

    /// Cut at commas outside quotes, comments and angle brackets; nil when something is left open.
    private static func pieces(_ value: String) -> [Piece]? {
        var pieces = [Piece()]
        var isQuoted = false
        var isEscaped = false
        var isInAddress = false
        var depth = 0
        for character in value {
            if isEscaped {
                isEscaped = false
                if depth == 0 { append(character, isInAddress, &pieces) }
            } else if character == "\\" && (isQuoted || depth > 0) {
                isEscaped = true
            } else if character == "\"" && depth == 0 {
                isQuoted.toggle()
            } else if isQuoted {
                append(character, isInAddress, &pieces)
            } else if character == "(" {
                depth += 1
            } else if character == ")" {
                guard depth > 0 else { return nil }
                depth -= 1
            } else if depth > 0 {
                continue
            } else if character == "<" {
                guard !isInAddress, pieces[pieces.count - 1].address == nil else { return nil }
                isInAddress = true
                pieces[pieces.count - 1].address = ""
            } else if character == ">" {
                guard isInAddress else { return nil }
                isInAddress = false
            } else if character == "," && !isInAddress {
                guard pieces.count < 1_000 else { return nil }
                pieces.append(Piece())
            } else if character == ";" || character == ":" && !isInAddress {
                return nil
            } else {
                append(character, isInAddress, &pieces)
            }
        }
        return isQuoted || isInAddress || depth > 0 ? nil : pieces
    }

    private static func append(_ character: Character, _ isInAddress: Bool, _ pieces: inout [Piece]) {
        if isInAddress {
            pieces[pieces.count - 1].address?.append(character)
        } else {
            pieces[pieces.count - 1].name.append(character)
        }
    }

    private static func entry(_ piece: Piece) -> Entry? {
        let name = piece.name.trimmedOfSpaces
        guard let text = piece.address else { return EmailAddress(name).map { Entry(name: "", address: $0) } }
        return EmailAddress(text.trimmedOfSpaces).map { Entry(name: name, address: $0) }
    }
}
