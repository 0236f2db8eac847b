// SPDX-License-Identifier: Apache-2.0

/// What Ward understood of one column and proposes to do with it.
package struct ColumnProposal: Hashable, Sendable, Codable {
    /// 1 for the first.
    package var position: Int
    package var header: String
    package var type: DetectedType
    /// Filled cells among the rows looked at.
    package var filled: Int
    package var mapping: ColumnMapping
    /// Treated as PHI: masked until revealed.
    package var isPHI: Bool
    /// What the person who imports should know, in sentences.
    package var notes: [String]
}

extension ColumnProposal {
    /// What the column becomes when it is kept as an attribute of the organization's own: protected until somebody says
    /// otherwise. Nil when it has no usable name, Ward has an attribute of this name, or it holds social security numbers.
    package var newAttribute: AttributeDefinition? {
        ProposeMapping.newAttribute(header: header, type: type)
    }
}

/// Proposes what each column of a file means, from its name and from what its cells look like.
enum ProposeMapping {
    static func subject(headers: [String], fileName: String) -> ImportSubject {
        let attributes = headers.compactMap(HeaderNames.attribute(for:))
        let fields = Set(headers.compactMap(HeaderNames.recordField(for:)))
        let tellsPerson = !Set(attributes).isDisjoint(with: [.givenName, .familyName, .birthDate, .email])
        let isRecords =
            fields.contains(.recordNumber) && fields.contains(.start)
            && (fields.contains(.code) || fields.contains(.display))
        if isRecords, !tellsPerson || fields.contains(.code) && !attributes.contains(.birthDate) {
            return .records(HeaderNames.recordKind(inFileName: fileName) ?? .condition)
        }
        return .people
    }

    static func columns(
        headers: [String],
        profiles: [ColumnProfile],
        subject: ImportSubject,
        known: [AttributeName: AttributeDefinition]
    ) -> [ColumnProposal] {
        var taken: Set<ColumnTarget> = []
        return headers.enumerated().map { position, header in
            let profile = profiles[position]
            var target = target(header: header, profile: profile, subject: subject, known: known)
            if target != .skip, !taken.insert(target).inserted { target = .skip }
            return proposal(position: position, header: header, profile: profile, target: target, known: known)
        }
    }

    private static func target(
        header: String,
        profile: ColumnProfile,
        subject: ImportSubject,
        known: [AttributeName: AttributeDefinition]
    ) -> ColumnTarget {
        if header.isEmpty || HeaderNames.isNeedless(header) || profile.type == .socialSecurityNumber { return .skip }
        if case .records = subject { return HeaderNames.recordField(for: header).map { .record($0) } ?? .skip }
        if let attribute = HeaderNames.attribute(for: header) { return .attribute(attribute) }
        if profile.type == .email { return .attribute(.email) }
        guard let name = customName(header), profile.type != .mangledNumber, profile.mangled == 0 else { return .skip }
        if known[name] != nil { return .attribute(name) }
        guard profile.type != .empty, let attribute = newAttribute(header: header, type: profile.type) else {
            return .skip
        }
        return .newAttribute(attribute)
    }

    static func newAttribute(header: String, type: DetectedType) -> AttributeDefinition? {
        guard let name = customName(header), AttributeDefinition.builtInsByName[name] == nil,
            type != .socialSecurityNumber
        else { return nil }
        let kind: AttributeKind =
            switch type {
            case .date, .dateTime: .date
            case .number: .number
            case .boolean: .boolean
            default: .text
            }
        let label = String(header.prefix(60)).replacing("_", with: " ")
        return AttributeDefinition(name: name, label: label, kind: kind, isPHI: true)
    }

    /// A name such as `birth_place` from a header such as `Birth place`.
    static func customName(_ header: String) -> AttributeName? {
        let words = header.split { !$0.isLetter && !$0.isNumber }.map { CellText.folded(String($0)) }
        let ascii = words.map { String(decoding: $0.utf8.filter { $0 < 0x80 }, as: UTF8.self) }.filter { !$0.isEmpty }
        return AttributeName(rawValue: String(ascii.joined(separator: "_").prefix(63)))
    }

    private static func proposal(
        position: Int,
        header: String,
        profile: ColumnProfile,
        target: ColumnTarget,
        known: [AttributeName: AttributeDefinition]
    ) -> ColumnProposal {
        let isZIP = target == .attribute(.zip) && profile.looksLikeZIP
        return ColumnProposal(
            position: position + 1,
            header: header,
            type: isZIP ? .zip : profile.type,
            filled: profile.filled,
            mapping: ColumnMapping(
                header: header,
                target: target,
                dateOrder: profile.dateOrder,
                decimalComma: profile.decimalComma,
                repairsZIP: isZIP
            ),
            isPHI: isPHI(target, header: header, known: known),
            notes: notes(profile, header: header, target: target, isZIP: isZIP)
        )
    }

    private static func isPHI(
        _ target: ColumnTarget,
        header: String,
        known: [AttributeName: AttributeDefinition]
    ) -> Bool {
        switch target {
        case .skip: false
        case .attribute(let name): (AttributeDefinition.builtInsByName[name] ?? known[name])?.isPHI ?? true
        case .newAttribute(let definition): definition.isPHI
        case .record: true
        }
    }

    private static func notes(
        _ profile: ColumnProfile,
        header: String,
        target: ColumnTarget,
        isZIP: Bool
    ) -> [String] {
        var notes: [String] = []
        if header.isEmpty { notes.append("The column has no name and is skipped.") }
        if profile.mangled > 0 {
            notes.append(
                "A spreadsheet mangled \(profile.mangled) numbers: their dots stand at every third digit, so that the "
                    + "decimal point is lost. Export the column again as text, or leave it out."
            )
        }
        if isZIP, profile.shortZIPs > 0 {
            notes.append("\(profile.shortZIPs) ZIP codes lost their leading zero and are filled up to five digits.")
        }
        if isZIP, profile.zeroZIPs > 0 {
            notes.append("\(profile.zeroZIPs) ZIP codes are zero, as exports write an unknown one. They are left out.")
        }
        let isDate = profile.type == .date || profile.type == .dateTime
        if isDate, profile.hasBothOrders {
            notes.append("Some dates have the day first, some the month. Those that do not fit are rejected.")
        } else if isDate, profile.orderIsGuessed {
            notes.append("No date tells whether the day or the month comes first; the month is assumed. Check it.")
        }
        if isDate, profile.twoDigitYears > 0 {
            notes.append("\(profile.twoDigitYears) years have two digits and are not understood. Write four.")
        }
        if profile.formulas > 0 {
            notes.append("\(profile.formulas) cells begin like a formula. They are kept as text and never run.")
        }
        if target == .skip, HeaderNames.isNeedless(header) {
            notes.append("Not needed to write to people, so it is left out unless you choose a place for it.")
        }
        return notes
    }
}
