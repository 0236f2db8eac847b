// SPDX-License-Identifier: Apache-2.0

import Glibc
package import Logging
package import WardKernel

/// Where events go: one line each on standard error, in `key=value` form, made of fixed words and identifiers only.
package struct Telemetry: Sendable {
    private let surroundings: Surroundings
    private let minimum: EventLevel
    private let sink: @Sendable (String) -> Void

    /// - Parameters:
    ///   - minimum: events below this level are dropped.
    ///   - sink: takes a finished line without its newline.
    package init(
        surroundings: Surroundings = .machine,
        minimum: EventLevel = .info,
        sink: @escaping @Sendable (String) -> Void = Telemetry.standardError
    ) {
        self.surroundings = surroundings
        self.minimum = minimum
        self.sink = sink
    }

    package func record(_ event: EventName, _ level: EventLevel = .info, _ fields: [EventField] = []) {
        guard level >= minimum else { return }
        let words = ["\(surroundings.now())", level.rawValue, "\(event)"] + fields.map(Self.text)
        sink(words.joined(separator: " "))
    }

    /// Writes one line to standard error in a single call, so that lines of two threads do not mix.
    @Sendable package static func standardError(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        _ = bytes.withUnsafeBytes { Glibc.write(2, $0.baseAddress, $0.count) }
    }

    private static func text(of field: EventField) -> String {
        switch field {
        case .identifier(let name, let bytes): "\(name)=\(hexadecimal(bytes))"
        case .count(let name, let count): "\(name)=\(count)"
        case .milliseconds(let name, let duration): "\(name)=\(duration.wholeMicroseconds / 1_000)"
        case .word(let name, let word): "\(name)=\(word)"
        case .errorType(let error): "error=\(type(of: error))"
        case .code(let name, let code): "\(name)=\(code.rawValue)"
        case .status(let name, let status): "\(name)=\(status)"
        }
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }
}

extension Telemetry {
    /// A logger for libraries that want one. Their texts may quote a request or an address, so only the label and the
    /// level of warnings and errors come through.
    package func libraryLogger(label: String) -> Logger {
        Logger(label: label) { _ in WithholdingLogHandler(telemetry: self) }
    }
}

/// Drops what a library says and keeps that it said something.
private struct WithholdingLogHandler: LogHandler {
    let telemetry: Telemetry
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .warning

    init(telemetry: Telemetry) { self.telemetry = telemetry }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        telemetry.record(.libraryWarning, event.level >= .error ? .error : .warning)
    }
}
