// SPDX-License-Identifier: Apache-2.0

import WardSegments

/// What several evaluations of one rule took: the columns at the first, the rule's median over all.
struct TimingSummary {
    private let columns: Duration
    private let median: Duration
    private let slowest: Duration
    private let count: Int
    private let people: Int
    private let records: Int
    private let bytes: Int

    /// - Parameter timings: At least one.
    init(_ timings: [EvaluationTiming], people: Int) {
        let rules = timings.map(\.rule).sorted()
        columns = timings.first?.columns ?? .zero
        median = rules.isEmpty ? .zero : rules[rules.count / 2]
        slowest = rules.last ?? .zero
        count = timings.count
        self.people = people
        records = timings.first?.records ?? 0
        bytes = timings.first?.bytes ?? 0
    }

    var sentences: [String] {
        [
            "Columns of \(people.grouped) people and \(records.grouped) records, "
                + "\((bytes / 1_048_576).grouped) MiB in memory: \(Self.milliseconds(columns)) ms",
            "The rule: \(Self.milliseconds(median)) ms"
                + (count > 1 ? " (median of \(count), slowest \(Self.milliseconds(slowest)) ms)" : ""),
        ]
    }

    var fields: [String: String] {
        [
            "columns_ms": Self.milliseconds(columns), "rule_ms": Self.milliseconds(median),
            "rule_slowest_ms": Self.milliseconds(slowest), "records": "\(records)", "column_bytes": "\(bytes)",
        ]
    }

    /// With two digits behind the point.
    private static func milliseconds(_ duration: Duration) -> String {
        let hundredths = Int(duration / .microseconds(10))
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
    }
}
