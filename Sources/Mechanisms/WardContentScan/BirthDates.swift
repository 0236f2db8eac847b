// SPDX-License-Identifier: Apache-2.0

/// Dates that are somebody's birth date, by a label before them or by a name right before them.
enum BirthDates {
    private static let labels = PhraseSet([
        "dob", "d o b", "date of birth", "birth date", "birthdate", "birthday", "born", "fecha de nacimiento", "nacido",
        "nacida",
    ])
    private static let months = [
        "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
        "december",
    ].map { Array($0.utf8) }
    /// Words that name a month.
    static let monthWords = months + months.map { Array($0.prefix(3)) }
    /// Capitalized words before a date that are no names.
    private static let noNames: Set<String> = [
        "on", "since", "from", "until", "by", "before", "after", "the", "dear", "date", "dates", "monday", "tuesday",
        "wednesday", "thursday", "friday", "saturday", "sunday", "due", "updated", "effective", "invoice", "visit",
        "appointment", "open", "opens", "starting", "version", "copyright", "of", "at", "in", "and", "to", "is",
        "hours", "closed", "new", "clinic", "hospital", "center", "health", "department", "street", "road", "avenue",
        "suite", "holiday", "day", "year", "fiscal", "class", "room", "building", "page", "act", "section", "rule",
    ]

    /// The number of words of a date of birth that begins here; nil when none does.
    static func length(_ words: WordList, _ position: Int, latestYear: Int) -> Int? {
        guard let date = date(words, position) else { return nil }
        if words.isBehind(labels, position, reach: 6) { return isPlausible(date.year, latestYear) ? date.length : nil }
        guard date.year >= 1000, isPlausible(date.year, latestYear - 1), isBehindName(words, position) else {
            return nil
        }
        return date.length
    }

    private static func isPlausible(_ year: Int, _ latest: Int) -> Bool { year < 100 || (1900...latest).contains(year) }

    private static func isBehindName(_ words: WordList, _ position: Int) -> Bool {
        guard position >= 2, words.gap(after: position - 1) <= 3, !words.breaksLine(after: position - 1),
            words.gap(after: position - 2) <= 2, !words.breaksLine(after: position - 2)
        else { return false }
        return [position - 1, position - 2].allSatisfy { isName(words, $0) }
    }

    private static func isName(_ words: WordList, _ position: Int) -> Bool {
        let bytes = words.bytes(position)
        guard bytes.count >= 2, let first = bytes.first, WordList.isUpper(first) || first >= 0x80,
            bytes.dropFirst().allSatisfy({ WordList.isLetter($0) && !WordList.isUpper($0) }),
            let lower = words.lower(position)
        else { return false }
        return !noNames.contains(lower) && month(words, position) == nil
    }

    private struct FoundDate {
        var year: Int
        var length: Int
    }

    /// Month/day/year, year-month-day, "March 4, 1961" and "4 March 1961".
    private static func date(_ words: WordList, _ position: Int) -> FoundDate? {
        guard position + 2 < words.count else { return nil }
        let (second, third) = (position + 1, position + 2)
        if month(words, position) != nil {
            guard let day = words.number(second), (1...31).contains(day), let year = year(words, third) else {
                return nil
            }
            return FoundDate(year: year, length: 3)
        }
        guard let first = words.number(position) else { return nil }
        if month(words, second) != nil {
            guard (1...31).contains(first), let year = year(words, third) else { return nil }
            return FoundDate(year: year, length: 3)
        }
        guard let separator = words.separator(after: position), words.separator(after: second) == separator,
            "/-. ".utf8.contains(separator), let middle = words.number(second)
        else { return nil }
        if words.length(position) == 4 {
            guard (1...12).contains(middle), let day = words.number(third), (1...31).contains(day) else { return nil }
            return FoundDate(year: first, length: 3)
        }
        guard (1...31).contains(first), (1...31).contains(middle), min(first, middle) <= 12,
            let year = year(words, third)
        else { return nil }
        return FoundDate(year: year, length: 3)
    }

    private static func year(_ words: WordList, _ position: Int) -> Int? {
        guard words.length(position) == 4 || words.length(position) == 2 else { return nil }
        return words.number(position)
    }

    /// The month that a word names, in full or by its first three letters.
    static func month(_ words: WordList, _ position: Int) -> Int? {
        let length = words.length(position)
        guard (3...9).contains(length), words.digitCount(position) == 0 else { return nil }
        let first = WordList.lower(words.byte(0, of: position))
        for (index, name) in months.enumerated() where name[0] == first {
            if words.isLower(position, length == 3 ? name.prefix(3) : name[...]) { return index + 1 }
        }
        return nil
    }
}
