// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import WardKernel
import WardVault

struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Look at the keys and rotate the root key.",
        subcommands: [KeysListCommand.self, KeysRotateRootCommand.self]
    )
}

struct KeysListCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Say which keys there are, by names that tell nothing about them.",
        discussion: """

              ward keys list --data /var/lib/ward
            """
    )

    @OptionGroup var common: CommonOptions

    func run(with session: CommandSession) async throws -> ExitStatus {
        let listing = try await session.facades.keys.listing(by: session.requester)
        let epochs = listing.facts.epochs.map { "\($0)" }.joined(separator: " ")
        let rows = [
            ("root key", listing.facts.rootKeyName), ("rotation", listing.isRotatingRoot ? "under way" : "none"),
            ("retired root keys", listing.retired.isEmpty ? "none" : listing.retired.joined(separator: " ")),
            ("epochs", epochs), ("organization key", "version \(listing.facts.sealingKeyVersion)"),
            ("made", "\(listing.facts.sealingKeyMadeAt)"),
        ]
        if common.json {
            let fields = Dictionary(uniqueKeysWithValues: rows.map { ($0.0.replacing(" ", with: "_"), $0.1) })
            await session.output.line(JSONText.object(fields))
            return .done
        }
        var table = Table([("key", .left), ("", .left)])
        for (title, value) in rows { table.add([title, value]) }
        for line in table.lines(width: session.output.width) { await session.output.line(line) }
        if listing.isRotatingRoot {
            await session.output.line("A rotation was interrupted. Go on with it: ward keys rotate-root")
        }
        return .done
    }
}

struct KeysRotateRootCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate-root",
        abstract: "Replace the root key and wrap every organization's keys by the new one.",
        discussion: """
            The new key takes the old one's place when nothing in the database hangs on the old one any more; a rotation
            that was interrupted goes on when the command is run again. The old key is kept as root-retired-NAME.key:
            backups of the database made before need it. Copy the key folder to its safe place again afterwards.

              ward keys rotate-root --data /var/lib/ward
              ward keys rotate-root --data /var/lib/ward --destroy-retired
            """
    )

    @OptionGroup var common: CommonOptions
    @Flag(help: "Destroy the old keys: backups from before can then be read by nobody.") var destroyRetired = false

    func run(with session: CommandSession) async throws -> ExitStatus {
        let rotation = try await session.facades.keys.rotateRoot(
            destroysRetired: destroyRetired,
            by: session.requester
        )
        if common.json {
            let fields = [
                "root_key": rotation.name, "organizations": "\(rotation.organizations)",
                "retired": rotation.retired.joined(separator: " "),
                "destroyed": rotation.destroyed.joined(separator: " "),
            ]
            await session.output.line(JSONText.object(fields))
            return .done
        }
        await session.output.line("The root key is \(rotation.name) now; it wraps the keys of every organization.")
        for name in rotation.retired {
            await session.output.line("Kept: root-retired-\(name).key, for backups of the database from before.")
        }
        for name in rotation.destroyed { await session.output.line("Destroyed: the root key \(name).") }
        await session.output.line("Copy the key folder to its safe place again: the old copy does not open the data.")
        return .done
    }
}
