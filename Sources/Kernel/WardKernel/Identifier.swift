// SPDX-License-Identifier: Apache-2.0

/// A 128-bit identifier of one kind of thing: a UUIDv7 (RFC 9562), so that rows made later sort later.
///
/// The tag keeps a message's identifier from being passed where a contact's is asked. Identifiers are made before the
/// insert, by `Surroundings.makeIdentifier`, and never carry meaning beyond the time of making.
package struct Identifier<Tag>: Hashable, Sendable {
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The identifier in sixteen bytes, most significant first; nil when there are not exactly sixteen.
    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 16 else { return nil }
        var words: (UInt64, UInt64) = (0, 0)
        for (position, byte) in bytes.enumerated() {
            if position < 8 {
                words.0 = (words.0 << 8) | UInt64(byte)
            } else {
                words.1 = (words.1 << 8) | UInt64(byte)
            }
        }
        self.init(high: words.0, low: words.1)
    }

    /// The same for an array, without a step for each byte: rows are full of them.
    package init?(bytes: [UInt8]) {
        guard bytes.count == 16 else { return nil }
        self = bytes.withUnsafeBytes { buffer in
            Identifier(
                high: UInt64(bigEndian: buffer.loadUnaligned(as: UInt64.self)),
                low: UInt64(bigEndian: buffer.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            )
        }
    }

    /// The identifier in its canonical text (`8-4-4-4-12` hexadecimal digits, either case); nil for anything else.
    package init?(_ text: some StringProtocol) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(16)
        var pending: UInt8?
        for (position, character) in text.utf8.enumerated() {
            if position == 8 || position == 13 || position == 18 || position == 23 {
                guard character == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let digit = Character(UnicodeScalar(character)).hexDigitValue, character < 128 else { return nil }
            if let first = pending {
                bytes.append(first << 4 | UInt8(digit))
                pending = nil
            } else {
                pending = UInt8(digit)
            }
        }
        guard text.utf8.count == 36 else { return nil }
        self.init(bytes: bytes)
    }

    /// Sixteen bytes, most significant first: the form stored and sent.
    package var bytes: [UInt8] {
        withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { Array($0) }
    }
}

extension Identifier: Comparable {
    package static func < (left: Self, right: Self) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}

extension Identifier: CustomStringConvertible {
    package var description: String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for (position, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(position) { text.append(UInt8(ascii: "-")) }
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}

extension Identifier: Codable {
    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let identifier = Identifier(text) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "not an identifier")
            )
        }
        self = identifier
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

package enum OrganizationTag {}
package enum SubjectTag {}
package enum StaffTag {}
package enum SessionTag {}
package enum RequestTag {}
package enum MessageTag {}
package enum CampaignTag {}
package enum SegmentTag {}

/// A tenant: a hospital, clinic, health plan or supplier. Every stored row belongs to exactly one.
package typealias OrganizationID = Identifier<OrganizationTag>
/// A natural person whose data is sealed under a key of their own. A contact's identifier is its subject's.
package typealias SubjectID = Identifier<SubjectTag>
/// A contact (a patient or customer) of one organization.
package typealias ContactID = SubjectID
/// A staff account.
package typealias StaffID = Identifier<StaffTag>
/// A signed-in session of a staff account or of a portal visit.
package typealias SessionID = Identifier<SessionTag>
/// One request from outside, through whichever edge it came.
package typealias RequestID = Identifier<RequestTag>
/// One message to one recipient.
package typealias MessageID = Identifier<MessageTag>
package typealias CampaignID = Identifier<CampaignTag>
package typealias SegmentID = Identifier<SegmentTag>
