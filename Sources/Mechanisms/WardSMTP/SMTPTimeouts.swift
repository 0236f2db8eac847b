// SPDX-License-Identifier: Apache-2.0

/// How long each answer may take (RFC 5321 section 4.5.3.2). Each is for the whole reply: a server that sends one octet at a
/// time gains nothing.
package struct SMTPTimeouts: Sendable, Hashable {
    package var connect: Duration = .seconds(30)
    package var greeting: Duration = .seconds(300)
    package var hello: Duration = .seconds(300)
    package var handshake: Duration = .seconds(120)
    package var authentication: Duration = .seconds(120)
    package var mail: Duration = .seconds(300)
    package var recipient: Duration = .seconds(300)
    package var data: Duration = .seconds(120)
    /// For handing the body to the network.
    package var body: Duration = .seconds(180)
    package var finalDot: Duration = .seconds(600)
    /// What is left of the wait for the final reply once the task is cancelled.
    package var finalDotWhenCancelled: Duration = .seconds(5)
    package var quit: Duration = .seconds(2)
    /// How long a connection is kept for the next message.
    package var idle: Duration = .seconds(5)

    /// The most for each step where a server is only looked at: whoever plans a campaign waits for the answer, and a server
    /// that is slower counts as unknown, which holds nothing up.
    package var look: Duration = .seconds(10)

    package init() {}

    /// With this much patience until TLS is up. A connection that was opened so may carry a message afterwards, which gets
    /// the patience of any other.
    var forLooking: SMTPTimeouts {
        var timeouts = self
        timeouts.connect = min(connect, look)
        timeouts.greeting = min(greeting, look)
        timeouts.hello = min(hello, look)
        timeouts.handshake = min(handshake, look)
        return timeouts
    }

    package static let standard = SMTPTimeouts()

    /// The same limit everywhere, for tests and the demo.
    package static func all(_ limit: Duration) -> SMTPTimeouts {
        var timeouts = SMTPTimeouts()
        timeouts.connect = limit
        timeouts.greeting = limit
        timeouts.hello = limit
        timeouts.handshake = limit
        timeouts.authentication = limit
        timeouts.mail = limit
        timeouts.recipient = limit
        timeouts.data = limit
        timeouts.body = limit
        timeouts.finalDot = limit
        return timeouts
    }
}
