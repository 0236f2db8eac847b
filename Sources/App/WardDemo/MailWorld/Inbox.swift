// SPDX-License-Identifier: Apache-2.0

import Synchronization
package import WardKernel

/// A message that a receiving server of the mail world took.
package struct ReceivedMessage: Sendable {
    package let number: Int
    package let sender: String
    package let recipient: String
    /// The message as it came over the wire, dot-stuffing undone.
    package let bytes: [UInt8]
    /// Whether it came over TLS, and in which version.
    package let protection: String
    package let received: Timestamp
}

/// The mailboxes of the mail world. In memory only, and bounded: the oldest messages go first.
package final class Inboxes: Sendable {
    private struct State {
        var messages: [ReceivedMessage] = []
        var bytes = 0
        var count = 0
    }

    private static let largestTotal = 256 << 20
    private let state = Mutex(State())

    package init() {}

    func keep(sender: String, recipient: String, bytes: [UInt8], protection: String, at time: Timestamp) {
        state.withLock { state in
            state.count += 1
            state.bytes += bytes.count
            state.messages.append(
                ReceivedMessage(
                    number: state.count,
                    sender: sender,
                    recipient: recipient,
                    bytes: bytes,
                    protection: protection,
                    received: time
                )
            )
            while state.bytes > Self.largestTotal, let oldest = state.messages.first {
                state.bytes -= oldest.bytes.count
                state.messages.removeFirst()
            }
        }
    }

    /// How many messages came since the start.
    package var count: Int { state.withLock { $0.count } }

    package func message(_ number: Int) -> ReceivedMessage? {
        state.withLock { $0.messages.first { $0.number == number } }
    }

    /// The newest messages, of one mailbox when one is named.
    package func newest(_ limit: Int, recipient: String? = nil, skipping: Int = 0) -> [ReceivedMessage] {
        state.withLock { state in
            let fitting = state.messages.reversed().lazy.filter { recipient == nil || $0.recipient == recipient }
            return Array(fitting.dropFirst(skipping).prefix(limit))
        }
    }
}
