// SPDX-License-Identifier: Apache-2.0

extension EventName {
    /// The server has opened its store and listens.
    package static let serverStarted = EventName("server.started")
    /// The server was asked to stop and has finished what was running.
    package static let serverStopped = EventName("server.stopped")
    /// A request was answered: method, route's template, status, duration, request's identifier.
    package static let requestAnswered = EventName("web.request_answered")
    /// A request ended in an error page; the short identifier on the page is the request's.
    package static let requestFailed = EventName("web.request_failed")
    /// A worker's round failed and will be tried again; the store or a peer is away.
    package static let workerRoundFailed = EventName("worker.round_failed")
    /// A mail from outside could not be taken; the other side was told to try again.
    package static let mailReceptionFailed = EventName("mail.reception_failed")
    /// An attempt to deliver a message ended, with its outcome.
    package static let deliveryAttempted = EventName("delivery.attempted")
    /// A command came in through the data directory's socket.
    package static let commandReceived = EventName("command.received")
    /// A library below Ward logged a warning or an error; its text is withheld, since it may quote a request.
    package static let libraryWarning = EventName("library.warning")
    /// Ward listens beyond loopback although second factors are not required (the reason is in the audit log).
    package static let secondFactorWaived = EventName("server.second_factor_waived")
}
