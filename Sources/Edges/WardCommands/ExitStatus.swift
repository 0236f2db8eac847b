// SPDX-License-Identifier: Apache-2.0

/// What a command's exit code says. Documented in `docs/command-line.md`.
package enum ExitStatus: Int32, Sendable {
    /// Done.
    case done = 0
    /// It ran and the answer is no: messages without a final state, a log that does not verify, a refused send.
    case negative = 1
    /// It could not run: the data directory, the configuration, the store, a file.
    case failed = 2
    /// The person may not do this.
    case denied = 3
    /// The command line is wrong (the code that the argument parser uses, from sysexits).
    case usage = 64
}

/// Ends a command with a sentence on standard error and a code.
package struct CommandFailure: Error, Equatable, CustomStringConvertible {
    package let status: ExitStatus
    /// Says what is wrong, what it means and what to do. Holds no protected value.
    package let description: String

    package init(_ description: String, status: ExitStatus = .failed) {
        self.status = status
        self.description = description
    }
}
