// SPDX-License-Identifier: Apache-2.0

import Foundation

/// 200 values that stand nowhere else, of every kind that Ward protects, and the files that bring them in.
struct PlantedValues: Sendable {
    struct Person: Sendable {
        let number: Int
        var given: String { "Zyxgiven\(number)q" }
        var family: String { "Wvufamily\(number)k" }
        /// A day that no other date in the story can be.
        var birthDate: String { "19\(30 + number)-03-\(10 + number)" }
        var email: String { "zyxmail\(number)@\(number.isMultiple(of: 2) ? "tls" : "plain").example" }
        var phone: String { "(413) 555-01\(10 + number)" }
        var street: String { "\(700 + number) Zyxstreet\(number) Lane" }
        var recordNumber: String { "ZYXMRN-77\(100 + number)" }
        var condition: String { "Zyxcondition\(number) of the left hand" }

        /// The values, and the forms that Ward itself makes of them.
        var values: [String] {
            [
                given, family, birthDate, email, phone, street, recordNumber, condition, "413555\(phone.suffix(4))",
            ]
        }
    }

    let people = (0..<18).map { Person(number: $0) }
    let rejected = (0..<18).map { ["Zyxrejected\($0)g", "Zyxrefused\($0)f"] }
    let campaignText = "Zyxcampaign text that waits in the portal"
    let answer = "Zyxanswer: the tablets make me dizzy"
    let reply = "Zyxreply: take half of them"
    let passphrase = "zyxpass seventeen herons"
    let wrongDay = (month: "11", day: "29", year: "1911")
    let revealReason = "Zyxreason: she rang about her hand"
    let fileName = "zyxfile-of-the-hand-clinic.csv"
    let segmentValue = "Zyxcity-on-the-lake"

    var all: [String] {
        people.flatMap(\.values) + rejected.flatMap(\.self) + [
            campaignText, answer, reply, passphrase, revealReason, fileName, segmentValue,
            "\(wrongDay.year)-\(wrongDay.month)-\(wrongDay.day)",
        ]
    }

    /// The people, and rows that are rejected for their birth dates.
    var peopleFile: String {
        let rows = people.map { person in
            [
                person.recordNumber, person.given, person.family, person.birthDate, "F", person.email, person.phone,
                person.street,
            ]
        }
        let wrong = rejected.enumerated().map { number, names in
            ["R-\(number)", names[0], names[1], "no day at all", "F", "r\(number)@tls.example", "", ""]
        }
        let header = "record_number,given_name,family_name,birth_date,sex,email,phone,address"
        return ([header] + (rows + wrong).map { $0.joined(separator: ",") }).joined(separator: "\r\n") + "\r\n"
    }

    var conditionsFile: String {
        let rows = people.map { "\($0.recordNumber),8\($0.number)0,\($0.condition),2026-01-1\($0.number % 10)" }
        return (["record_number,code,display,start"] + rows).joined(separator: "\r\n") + "\r\n"
    }
}

/// Looks for many byte strings at once in files.
struct ByteSearch {
    private static let stem = 8
    private let patterns: [UInt64: [(name: String, bytes: [UInt8])]]
    /// A bit for each pair of first bytes that a pattern has.
    private let beginnings: [Bool]

    /// Each value as it stands, in lower case, as UTF-16 of both orders, as hexadecimal digits and as base64 at each of the
    /// three places that it may have in it.
    init(_ values: [String]) {
        var patterns: [UInt64: [(name: String, bytes: [UInt8])]] = [:]
        var beginnings = [Bool](repeating: false, count: 65_536)
        for value in values {
            for (form, bytes) in Self.forms(of: value) where bytes.count >= Self.stem {
                let key = bytes.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
                patterns[key, default: []].append(("\(value) (\(form))", bytes))
                beginnings[Int(key & 0xffff)] = true
            }
        }
        self.patterns = patterns
        self.beginnings = beginnings
    }

    static func forms(of value: String) -> [(String, [UInt8])] {
        var forms: [(String, [UInt8])] = []
        for text in Set([value, value.lowercased()]) {
            let bytes = Array(text.utf8)
            let units = Array(text.utf16)
            forms.append(("as it stands", bytes))
            forms.append(("UTF-16LE", units.flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] }))
            forms.append(("UTF-16BE", units.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] }))
            let digits = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            forms.append(("hexadecimal", Array(digits.utf8)))
            forms.append(("hexadecimal", Array(digits.uppercased().utf8)))
            for offset in 0..<3 {
                // The characters that depend on neighbouring bytes are left out at both ends.
                let padded = Data([UInt8](repeating: 0, count: offset) + bytes).base64EncodedString()
                let whole = (offset + bytes.count) / 3 * 4
                let start = offset == 0 ? 0 : offset + 1
                let inner = padded.prefix(whole).dropFirst(start)
                forms.append(("base64", Array(inner.utf8)))
                let isURL = inner.contains("+") || inner.contains("/")
                let url = inner.replacing("+", with: "-").replacing("/", with: "_")
                if isURL { forms.append(("base64url", Array(url.utf8))) }
            }
        }
        return forms
    }

    /// What stands in the files below a folder: `file: value (form)`.
    func findings(below folder: String) -> [String] {
        let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        return names.flatMap { name in
            guard let content = FileManager.default.contents(atPath: folder + "/" + name) else { return [String]() }
            return findings(in: content).map { "\(name): \($0)" }
        }
    }

    func findings(in content: Data) -> [String] {
        content.withUnsafeBytes { bytes in
            var found: [String] = []
            guard bytes.count >= Self.stem else { return found }
            beginnings.withUnsafeBufferPointer { beginnings in
                for place in 0...(bytes.count - Self.stem) {
                    let first = Int(bytes[place]) | Int(bytes[place + 1]) << 8
                    if !beginnings[first] { continue }
                    let key = bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)
                    for pattern in patterns[key] ?? [] where place + pattern.bytes.count <= bytes.count {
                        if bytes[place..<(place + pattern.bytes.count)].elementsEqual(pattern.bytes) {
                            found.append(pattern.name)
                        }
                    }
                }
            }
            return found
        }
    }
}
