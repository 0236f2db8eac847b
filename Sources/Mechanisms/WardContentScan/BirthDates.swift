// SPDX-License-Identifier: Apache-2.0

/// Dates that are somebody's birth date, by a label before them or by a name right before them.
enum BirthDates {
    private static let labels = PhraseSet([
        "dob", "d o b", "date of birth", "birth date", "birthdate", "birthday", "born", "fecha de nacimiento", "nacido",
        "nacida",
    ])
    private static let months = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]
    private static let longMonths = [
        "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
        "december",
    ]
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
        return !noNames.contains(lower) && month(lower) == nil
    }

    private struct FoundDate {
        var year: Int
        var length: Int
    }

    /// Month/day/year, year-month-day, "March 4, 1961" and "4 March 1961".
    private static func date(_ words: WordList, _ position: Int) -> FoundDate? {
        guard position + 2 < words.count else { return nil }
        let (second, third) = (position + 1, position + 2)
        if let month = words.lower(position).flatMap(month) {
            guard month > 0, let day = words.number(second), (1...31).contains(day), let year = year(words, third)
            else {
                return nil
            }
            return FoundDate(year: year, length: 3)
        }
        guard let first = words.number(position) else { return nil }
        if let month = words.lower(second).flatMap(month) {
            guard month > 0, (1...31).contains(first), let year = year(words, third) else { return nil }
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

    private static func month(_ lower: String) -> Int? {
        (months.firstIndex(of: lower) ?? longMonths.firstIndex(of: lower)).map { $0 + 1 }
    }
}
