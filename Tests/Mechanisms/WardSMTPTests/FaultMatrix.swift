// SPDX-License-Identifier: Apache-2.0

import WardDNS

@testable import WardSMTP

/// Where in the dialogue the other side misbehaves.
enum FaultStage: String, CaseIterable, Sendable {
    case connect, greeting, hello, startTLS, handshake, helloAgain, mail, recipient, data, body, finalDot, quit

    /// The name in `docs/fault-matrix.md`.
    var title: String {
        switch self {
        case .connect: "connect"
        case .greeting: "banner"
        case .hello: "EHLO"
        case .startTLS: "STARTTLS"
        case .handshake: "handshake"
        case .helloAgain: "EHLO again"
        case .mail: "MAIL"
        case .recipient: "RCPT"
        case .data: "DATA"
        case .body: "body"
        case .finalDot: "final dot"
        case .quit: "QUIT"
        }
    }
}

/// What the other side does there.
enum Fault: String, CaseIterable, Sendable {
    case stall, reset, halfClose, transient, permanent, closing, garbage, hugeLine, hugeReply, nul, bareLineFeed, tarpit

    var title: String {
        switch self {
        case .stall: "stall"
        case .reset: "reset"
        case .halfClose: "half close"
        case .transient: "4xx"
        case .permanent: "5xx"
        case .closing: "421"
        case .garbage: "garbage"
        case .hugeLine: "1 MiB line"
        case .hugeReply: "100,000 lines"
        case .nul: "NUL"
        case .bareLineFeed: "bare LF"
        case .tarpit: "tarpit"
        }
    }

    /// What is sent instead of the answer that is due; nil: nothing is sent.
    func reply(at stage: FaultStage) -> String? {
        switch self {
        case .stall, .reset, .halfClose: nil
        case .transient: "451 4.3.0 later\r\n"
        case .permanent: "550 5.3.0 no\r\n"
        case .closing: "421 4.3.2 closing\r\n"
        case .garbage: "this is no reply\r\n"
        case .hugeLine: "250 " + String(repeating: "x", count: 1 << 20)
        case .hugeReply: String(repeating: "250-x\r\n", count: 100_000)
        case .nul: "250 o\0k\r\n"
        // In place of a handshake any reply is none; the beginning of a record would be silence.
        case .bareLineFeed where stage == .handshake: "250 ok\n"
        case .bareLineFeed: Self.answer(at: stage).replacing("\r\n", with: "\n") + "\n"
        case .tarpit: Self.answer(at: stage) + "\r\n"
        }
    }

    /// The good answer, without its end of line.
    static func answer(at stage: FaultStage) -> String {
        switch stage {
        case .connect, .greeting: "220 mx.test.example"
        case .hello: "250-mx.test.example\r\n250 STARTTLS"
        case .startTLS: "220 go"
        // The beginning of a TLS record that never ends (RFC 8446 section 5.1).
        case .handshake:
            "\u{16}\u{03}\u{03}\u{00}\u{7a}\u{02}\u{00}\u{00}\u{76}\u{03}\u{03}" + String(repeating: "z", count: 60)
        case .helloAgain: "250-mx.test.example\r\n250 PIPELINING"
        case .mail, .recipient, .body, .finalDot: "250 ok"
        case .data: "354 go"
        case .quit: "221 bye"
        }
    }
}

/// The one table: how an attempt under verified TLS ends when the other side does this there. `docs/fault-matrix.md` is made
/// from it, and every cell is tested as a value and over a socket.
enum FaultMatrix {
    /// The word of an outcome, or why the cell is empty.
    enum Expectation: Equatable, Sendable {
        case outcome(String)
        /// The fault is none here: the dialogue goes on and the message is delivered.
        case goesOn
        /// Nobody can do that there: on connecting the other side has said nothing yet.
        case cannotHappen
    }

    static func expectation(_ fault: Fault, at stage: FaultStage) -> Expectation {
        switch stage {
        case .connect: atConnect(fault)
        case .greeting: aboutHost(fault, "greeting")
        case .hello: aboutHost(fault, "hello")
        case .startTLS: atStartTLS(fault)
        case .handshake: atHandshake(fault)
        case .helloAgain: aboutHost(fault, "hello_again")
        case .mail: aboutMessage(fault, "mail")
        case .recipient: aboutMessage(fault, "recipient")
        case .data: aboutMessage(fault, "data")
        case .body: fault == .bareLineFeed ? .outcome("transient:protocol_error:body") : aboutMessage(fault, "body")
        case .finalDot: atFinalDot(fault)
        // The message is delivered, whatever happens to the farewell.
        case .quit: .goesOn
        }
    }

    private static func atConnect(_ fault: Fault) -> Expectation {
        switch fault {
        case .stall: .outcome("transient:timeout:connect")
        case .reset: .outcome("transient:unreachable:connect")
        default: .cannotHappen
        }
    }

    /// A host that refuses anybody is not the message's end: the next host, or a later attempt, may take it.
    private static func aboutHost(_ fault: Fault, _ stage: String) -> Expectation {
        switch fault {
        case .stall, .tarpit: .outcome("transient:timeout:" + stage)
        case .reset, .halfClose: .outcome("transient:connection_lost:" + stage)
        case .transient, .permanent, .closing: .outcome("transient:refused:" + stage)
        case .garbage, .hugeLine, .hugeReply, .nul: .outcome("transient:protocol_error:" + stage)
        case .bareLineFeed: .goesOn
        }
    }

    private static func atStartTLS(_ fault: Fault) -> Expectation {
        switch fault {
        case .stall, .tarpit: .outcome("transient:timeout:starttls")
        case .closing: .outcome("transient:refused:starttls")
        case .transient, .permanent: .outcome("notProtected:starttls_refused")
        case .reset, .halfClose, .garbage, .hugeLine, .hugeReply, .nul: .outcome("notProtected:tls_handshake_failed")
        case .bareLineFeed: .goesOn
        }
    }

    private static func atHandshake(_ fault: Fault) -> Expectation {
        switch fault {
        case .stall, .tarpit: .outcome("transient:timeout:handshake")
        default: .outcome("notProtected:tls_handshake_failed")
        }
    }

    private static func aboutMessage(_ fault: Fault, _ stage: String) -> Expectation {
        switch fault {
        case .permanent: .outcome("permanent:refused:" + stage)
        default: aboutHost(fault, stage)
        }
    }

    /// Only a 2xx, 4xx or 5xx reply is an answer; everything else leaves open whether the server has the message.
    private static func atFinalDot(_ fault: Fault) -> Expectation {
        switch fault {
        case .stall, .tarpit: .outcome("inDoubt:timeout")
        case .reset, .halfClose: .outcome("inDoubt:connection_lost")
        case .transient, .closing: .outcome("transient:refused:final_dot")
        case .permanent: .outcome("permanent:refused:final_dot")
        case .garbage, .hugeLine, .hugeReply, .nul: .outcome("inDoubt:protocol_error")
        case .bareLineFeed: .goesOn
        }
    }

    /// The table of `docs/fault-matrix.md`, a row for each fault.
    static var markdown: String {
        func row(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |" }
        var lines = [
            row(["Fault"] + FaultStage.allCases.map(\.title)),
            row(FaultStage.allCases.map { _ in "---" } + ["---"]),
        ]
        for fault in Fault.allCases {
            lines.append(row([fault.title] + FaultStage.allCases.map { short(expectation(fault, at: $0)) }))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func short(_ expectation: Expectation) -> String {
        switch expectation {
        case .cannotHappen: "–"
        case .goesOn: "goes on"
        case .outcome(let word):
            switch word.split(separator: ":").first {
            case "notProtected": word.hasSuffix("refused") ? "not protected (refused)" : "not protected"
            case "permanent": "refused for good"
            case "inDoubt": "in doubt"
            default:
                switch word.split(separator: ":").dropFirst().first {
                case "timeout": "later (time-out)"
                case "unreachable": "later (unreachable)"
                case "connection_lost": "later (lost)"
                case "protocol_error": "later (no reply)"
                default: "later (refused)"
                }
            }
        }
    }
}
