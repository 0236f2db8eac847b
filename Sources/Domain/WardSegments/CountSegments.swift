// SPDX-License-Identifier: Apache-2.0

import WardAudit
package import WardKernel
import WardStorage

extension Segments {
    /// Counts a rule that is being written, with its lines. Throws a `SegmentSyntaxError` or `clinicalTerms`.
    package func count(rule: String, by requester: Requester) async throws -> SegmentTally {
        try await recordingDenials(.segmentCount, nil, by: requester) {
            try requester.requireForSegments(.viewSegments)
            let (tally, size, _) = try await evaluateTally(rule, by: requester)
            try await store.write { tx in
                try self.note(count: size, of: nil, rule: rule, by: requester, in: tx)
            }
            return tally
        }
    }

    /// Counts a stored segment, with its lines, and remembers the size of today.
    package func count(_ id: SegmentID, by requester: Requester) async throws -> SegmentTally {
        try await recordingDenials(.segmentCount, id, by: requester) {
            try requester.requireForSegments(.viewSegments)
            let rule = try await store.read { tx in
                try self.storedRule(id, version: nil, of: requester.organization, in: tx).text
            }
            let (tally, size, today) = try await evaluateTally(rule, by: requester)
            try await store.write { tx in
                guard try SegmentQueries.one(id, of: requester.organization, in: tx) != nil else {
                    throw SegmentsError.noSuchSegment(id)
                }
                try SegmentSizeQueries.put(size, on: today, of: id, of: requester.organization, in: tx)
                try self.note(count: size, of: id, rule: nil, by: requester, in: tx)
            }
            return tally
        }
    }

    private func evaluateTally(
        _ rule: String,
        by requester: Requester
    ) async throws -> (tally: SegmentTally, size: Int, today: CalendarDate) {
        try await evaluating(requester.organization) { tx in
            let checked = try self.check(rule, for: requester, in: tx)
            let outline = SegmentOutline(of: checked.expression)
            let question = try self.question(
                checked,
                parts: outline.lines.map(\.expression),
                of: requester.organization,
                in: tx
            )
            let answer = try self.evaluator.evaluate(question, in: tx)
            let isExactShown = requester.mayFilterByClinical
            let tally = SegmentTally(
                count: SegmentCount(answer.audience.count, isExactShown: isExactShown),
                population: answer.population,
                lines: outline.tallies(answer.parts, isExactShown: isExactShown),
                timing: answer.timing
            )
            return (tally, answer.audience.count, question.moment.today)
        }
    }

    private func note(
        count size: Int,
        of id: SegmentID?,
        rule: String?,
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws {
        try audit.record(
            AuditEntry(
                .segmentCount,
                object: id.map { AuditObject(kind: "segment", $0) },
                reason: rule.map { Sensitive($0) },
                facts: ["size": String(size)]
            ),
            by: requester,
            in: tx
        )
    }
}

/// The groups and lines of a rule, a group before its lines: the rows of the visual builder, for any rule.
struct SegmentOutline {
    struct Line {
        var depth: Int
        var expression: SegmentExpression
    }

    private(set) var lines: [Line] = []
    private let isAnyOf: Bool

    init(of expression: SegmentExpression) {
        switch expression {
        case .everyone:
            isAnyOf = false
        case .all(let parts):
            isAnyOf = false
            for part in parts { add(part, depth: 0) }
        case .any(let parts):
            isAnyOf = true
            for part in parts { add(part, depth: 0) }
        case .not, .term:
            isAnyOf = false
            add(expression, depth: 0)
        }
    }

    private mutating func add(_ expression: SegmentExpression, depth: Int) {
        lines.append(Line(depth: depth, expression: expression))
        var inner = expression
        while case .not(let part) = inner { inner = part }
        switch inner {
        case .all(let parts), .any(let parts): for part in parts { add(part, depth: depth + 1) }
        case .everyone, .not, .term: return
        }
    }

    /// The counts of the lines, of whom these are the people.
    func tallies(_ people: [SegmentAudience], isExactShown: Bool) -> [LineTally] {
        var running: SegmentAudience?
        return zip(lines, people).map { line, people in
            var left: SegmentCount?
            if line.depth == 0 {
                let now = running.map { isAnyOf ? $0.union(people) : $0.intersection(people) } ?? people
                running = now
                left = SegmentCount(now.count, isExactShown: isExactShown)
            }
            return LineTally(
                depth: line.depth,
                text: Sensitive(SegmentPrinter.text(of: line.expression)),
                each: SegmentCount(people.count, isExactShown: isExactShown),
                left: left
            )
        }
    }
}
