// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardTelemetry

/// One line a request: method, the route's template, status, duration, the request's identifier. Never the path itself,
/// which may hold a token (style: the raw path is the attacker's or the patient's).
struct RequestLog: Sendable {
    let telemetry: Telemetry
    let surroundings: Surroundings

    func record(_ request: RequestID, _ method: String, route: StaticString, status: Int, since start: Timestamp) {
        var fields: [EventField] = [
            .word("route", route), .status("status", status),
            .milliseconds("duration", surroundings.now().since(start)), .identifier("request", request.bytes),
        ]
        if let known = Method(rawValue: method) { fields.insert(.code("method", known), at: 0) }
        telemetry.record(.requestAnswered, .info, fields)
    }

    func recordFailure(_ request: RequestID, _ error: any Error) {
        telemetry.record(.requestFailed, .error, [.identifier("request", request.bytes), .errorType(error)])
    }
}

extension Identifier where Tag == RequestTag {
    /// What an error page shows and a support call repeats: the identifier's last eight digits, also in the log.
    var short: String { String(description.suffix(8)) }
}
