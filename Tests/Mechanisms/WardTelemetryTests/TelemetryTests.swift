// SPDX-License-Identifier: Apache-2.0

import Logging
import Synchronization
import Testing
import WardKernel
import WardTelemetry

@Suite struct TelemetryTests {
    private final class Lines: Sendable {
        let all = Mutex<[String]>([])
        func append(_ line: String) { all.withLock { $0.append(line) } }
        var text: String { all.withLock { $0.joined(separator: "\n") } }
    }

    private struct Refusal: Error { let quoted = "planted value" }

    private func telemetry(_ lines: Lines, minimum: EventLevel = .debug) -> Telemetry {
        Telemetry(
            surroundings: Surroundings(now: { Timestamp(seconds: 0) }, randomBytes: { _ in [] }, wait: { _ in }),
            minimum: minimum,
            sink: { lines.append($0) }
        )
    }

    @Test func `a library's text never reaches the log`() {
        let lines = Lines()
        let logger = telemetry(lines).libraryLogger(label: "http")
        logger.error("planted value in a path", metadata: ["path": "planted value"])
        #expect(lines.text == "1970-01-01T00:00:00.000Z error library.warning")
    }

    @Test func `an error is named by its type and not described`() {
        let lines = Lines()
        telemetry(lines).record(.workerRoundFailed, .warning, [.errorType(Refusal()), .count("round", 3)])
        #expect(lines.text == "1970-01-01T00:00:00.000Z warning worker.round_failed error=Refusal round=3")
    }

    @Test func `an event below the minimum is dropped`() {
        let lines = Lines()
        telemetry(lines, minimum: .warning).record(.serverStarted, .info)
        #expect(lines.text.isEmpty)
    }
}
