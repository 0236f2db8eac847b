// SPDX-License-Identifier: Apache-2.0

import WardCampaigns
import WardCommands
import WardDelivery
import WardKernel

/// Says each step of the story with its count and rate: lines for people, or one JSON object for machines at the end.
actor DemoTelling {
    private let output: any CommandOutput
    private let asJSON: Bool
    private let surroundings: Surroundings
    private var figures: [String: String] = [:]

    init(output: any CommandOutput, asJSON: Bool, surroundings: Surroundings) {
        self.output = output
        self.asJSON = asJSON
        self.surroundings = surroundings
    }

    func say(_ text: String) async {
        if !asJSON { await output.line(text) }
    }

    func progress(_ text: String) async {
        if !asJSON { await output.progress(text) }
    }

    /// A finished step.
    func step(_ title: String, _ key: String, count: Int, since start: Timestamp, note: String = "") async {
        let seconds = Double(surroundings.now().since(start).wholeMicroseconds) / 1_000_000
        figures[key] = "\(count)"
        guard !asJSON else { return }
        let rate = seconds > 0.05 ? "\(Int(Double(count) / seconds).grouped)/s" : ""
        await output.endProgress()
        await output.line(
            Self.padded(title, 24) + Self.right(count.grouped, 9) + Self.right(rate, 12)
                + (note.isEmpty ? "" : "   \(note)")
        )
    }

    func figure(_ key: String, _ value: String) { figures[key] = value }

    /// The finished campaign's report.
    func report(_ report: CampaignReport) async {
        guard !asJSON else {
            figures["delivered"] = "\(report.delivered)"
            figures["waiting_in_portal"] = "\(report.waitingInPortal)"
            figures["opened_in_portal"] = "\(report.openedInPortal)"
            figures["refused"] = "\(report.refused)"
            figures["expired"] = "\(report.expired)"
            figures["not_sent"] = "\(report.notSent)"
            figures["pending"] = "\(report.pending)"
            figures["attempts_in_doubt"] = "\(report.attemptsInDoubt)"
            return
        }
        await output.line("")
        var table = Table([("outcome", .left), ("how, or why not", .left), ("people", .right)])
        for row in report.rows {
            table.add([row.title, row.sentence ?? row.method.map { "\($0.title)" } ?? "", row.count.grouped])
        }
        table.add(["", "All in the audience", report.audience.grouped])
        for line in table.lines(width: output.width) { await output.line(line) }
        await output.line("")
    }

    func finish() async {
        await output.endProgress()
        if asJSON { await output.line(JSONText.object(figures)) }
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }

    private static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}
