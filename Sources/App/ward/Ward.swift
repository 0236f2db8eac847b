// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import WardCommands
import WardDemo
import WardServer

@main
struct Ward {
    static func main() async {
        ConfinedChild.serveIfAsked()
        UnusedMemory.limitArenas()
        let host = ApplicationHost { command, output in
            try await Demonstration(command: command, output: output).run()
        }
        await CommandContext.$host.withValue(host) { await WardCommand.main() }
    }
}
