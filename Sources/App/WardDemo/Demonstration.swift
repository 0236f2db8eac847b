// SPDX-License-Identifier: Apache-2.0

package import WardCommands
import WardServer

/// `ward demo`: the whole story on loopback, with made-up people and a mail world of its own.
package struct Demonstration: Sendable {
    private let command: DemoCommand
    private let output: any CommandOutput

    package init(command: DemoCommand, output: any CommandOutput) {
        self.command = command
        self.output = output
    }

    package func run() async throws -> ExitStatus {
        throw CommandFailure("The demonstration is being put together.")
    }
}
