// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Testing
import WardCommands

@Suite struct CommandTreeTests {
    /// A command with the words that call it.
    private struct Command {
        let words: [String]
        let type: any ParsableCommand.Type

        var name: String { words.joined(separator: " ") }
        var subcommands: [Command] {
            type.configuration.subcommands.map {
                Command(words: words + [$0.configuration.commandName ?? "?"], type: $0)
            }
        }
        /// This command and all below it.
        var all: [Command] { [self] + subcommands.flatMap(\.all) }
        var help: String { WardCommand.helpMessage(for: type, columns: 120) }
    }

    private static let root = Command(words: ["ward"], type: WardCommand.self)
    private static let leaves = root.all.filter { $0.subcommands.isEmpty }

    @Test func `the tree of commands and their arguments is the documented one`() {
        let tree = Self.leaves.map { leaf -> String in
            let usage = WardCommand.usageString(for: leaf.type).replacing(#/\s+/#, with: " ")
            let common = " [--data <dir>] [--config <file>] [--organization <name>] [--json]"
            #expect(usage.contains(common), "\(leaf.name) lacks an option that every command has")
            return usage.replacing(common, with: "").replacing("Usage: ", with: "")
        }
        #expect(tree.joined(separator: "\n") == Self.golden)
    }

    /// Changes here change `docs/command-line.md` too.
    private static let golden = """
        ward init [--name <name>] [--postal-address <postal-address>] [--sender-domain <sender-domain>] \
        [--time-zone <time-zone>] [--administrator <administrator>] [--administrator-name \
        <administrator-name>] [--checkpoints <dir>]
        ward serve [--without-second-factor <reason>]
        ward demo [--once] [--people <people>] [--seed <seed>] [--import <file>] [--store <store>] [--write \
        <dir>] [--port <port>]
        ward migrate [--dry-run]
        ward doctor
        ward contacts import <file> [--source <source>] [--email-template <email-template>]
        ward contacts undo <import-id> [--reason <reason>]
        ward contacts requests list <contact>
        ward contacts requests record <contact> --address <address> --asked <asked> [--scope <scope>] [--warned]
        ward contacts requests withdraw <request>
        ward contacts keys list <contact>
        ward contacts keys add <contact> <file>
        ward contacts keys remove <contact> <key> --reason <reason>
        ward contacts keys look-up <contact>
        ward contacts keys accept <contact> <key>
        ward contacts keys decline <contact> <key> --reason <reason>
        ward contacts keys check <contact> <key>
        ward contacts keys rules [--demand-check <demand-check>]
        ward segment list
        ward segment count [<rule>] [--named <named>] [--timing] [--repeat <repeat>]
        ward segment explain [<rule>] [--named <named>] --person <person>
        ward campaign create --name <name> --segment <segment> --about <about> --subject <subject> \
        [--sensitivity <sensitivity>] <text>
        ward campaign preflight <campaign>
        ward campaign send <campaign>
        ward campaign report <campaign>
        ward mail explain <message>
        ward mail release <message> --reason <reason>
        ward mail policy show [--domain <domain>] [--sender <sender>] [--campaign <campaign>] [--contact <contact>]
        ward mail policy set <level> [--order <order>] [--methods <methods>] [--tls-exclusive <tls-exclusive>] \
        [--unprotected-when-free <unprotected-when-free>]
        ward mail policy unset <level>
        ward mail policy scan <kind> <action> [--pattern <pattern> ...] [--drug <drug> ...] \
        [--drug-file <drug-file>] [--common-drugs]
        ward mail policy try [--days <days>] [--limit <limit>]
        ward mail policy activate --reason <reason>
        ward mail policy discard
        ward mail policy person <contact> [--order <order>] [--methods <methods>] [--tls-exclusive <tls-exclusive>] \
        [--unprotected-when-free <unprotected-when-free>] --reason <reason>
        ward mail policy mark <mark> <sensitivity>
        ward mail replay [--days <days>]
        ward mail queue list [--part <part>] [--domain <domain>] [--campaign <campaign>] [--recipient <recipient>] \
        [--older-than <older-than>] [--newest] [--limit <limit>] [--after <after>]
        ward mail queue show <message>
        ward mail queue hold <message> --reason <reason>
        ward mail queue release <message> --reason <reason>
        ward mail queue retry <message> --reason <reason>
        ward mail queue cancel <message> --reason <reason>
        ward mail queue retract <message> --reason <reason>
        ward mail rates list
        ward mail rates limit <domain> [--per-minute <per-minute>] --reason <reason>
        ward mail rates warm-up <domain> [--provider <provider>] [--first-day <first-day>] [--growth <growth>] \
        [--ceiling <ceiling>] --reason <reason>
        ward mail rates release <domain> --reason <reason>
        ward mail suppressions list [--limit <limit>] [--after <after>]
        ward mail suppressions lift <address> --reason <reason>
        ward mail show <message> --reason <reason> [--encrypted]
        ward mail retention show
        ward mail retention set <years> --reason <reason>
        ward mail retention purge
        ward mail incoming [<mail>] [--limit <limit>]
        ward mail accounts list
        ward mail accounts make <name> [--class <class>] [--sensitivity <sensitivity>] [--from <from>] \
        [--messages-per-hour <messages-per-hour>] [--recipients <recipients>]
        ward mail accounts disable <name>
        ward mail accounts sign-in <name> <rule>
        ward mail accounts certificate list <name>
        ward mail accounts certificate add <name> <file>
        ward mail accounts certificate remove <name> <fingerprint>
        ward mail keys list
        ward mail keys make --reason <reason>
        ward mail keys activate <selector> [--unseen-because <unseen-because>]
        ward mail keys retire <selector> --reason <reason>
        ward mail own-keys list
        ward mail own-keys make <kind> <address> [--signs-now] --reason <reason>
        ward mail own-keys request <key>
        ward mail own-keys install <key> <file> --reason <reason>
        ward mail own-keys import <file> <address> --passphrase-file <passphrase-file> [--signs-now] --reason \
        <reason>
        ward mail own-keys export <key> [--publication]
        ward mail own-keys activate <key> --reason <reason>
        ward mail own-keys retire <key> [--destroy] --reason <reason>
        ward mail own-keys use [--sign-plain <sign-plain>] [--offer-key <offer-key>] [--reason <reason>]
        ward mail dns
        ward mail destinations
        ward mail domain <domain>
        ward mail tls-report <file>
        ward mail tls-reports list [--domain <domain>] [--only-failures] [--limit <limit>]
        ward mail tls-reports show <domain> [--day <day>]
        ward mail tls-reports set <state> --reason <reason>
        ward mail dmarc-reports show [--days <days>]
        ward mail dmarc-reports keep <file>
        ward audit list [--limit <limit>] [--action <action> ...]
        ward audit verify [--export <dir>] [--checkpoint <file>]
        ward audit export <folder>
        ward user list
        ward user invite --name <name> --email <email> --role <role> ... --reason <reason>
        ward user give <role> <email> --reason <reason>
        ward user take <role> <email> --reason <reason>
        ward user link <email> --reason <reason>
        ward user disable <email> --reason <reason>
        ward user enable <email> --reason <reason>
        ward keys list
        ward keys rotate-root [--destroy-retired]
        """

    @Test func `every command's help has an example that begins with its words`() {
        for leaf in Self.leaves {
            #expect(leaf.help.contains("\n  \(leaf.name)"), "\(leaf.help)")
            #expect(leaf.help.contains("OVERVIEW: "))
        }
    }

    @Test func `every group of commands says what it is for and lists what is in it`() {
        for group in Self.root.all where !group.subcommands.isEmpty {
            #expect(group.help.contains("OVERVIEW: "))
            for command in group.subcommands {
                let abstract = command.type.configuration.abstract
                #expect(abstract.hasSuffix("."), "\(command.name): \(abstract)")
                #expect(group.help.contains(command.words.last ?? "?"))
            }
        }
    }

    @Test func `the page about the command line names every command and every exit code`() throws {
        let page = try String(
            contentsOf: URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .appending(path: "../../../docs/command-line.md"),
            encoding: .utf8
        )
        for group in Self.root.subcommands {
            #expect(page.contains("`\(group.name)"), "\(group.name) is not documented")
            for command in group.subcommands {
                #expect(page.contains("`\(command.words.last ?? "?")`") || page.contains("`\(command.name)"))
            }
        }
        let statuses: [WardCommands.ExitStatus] = [.done, .negative, .failed, .denied, .usage]
        #expect(statuses.map(\.rawValue) == [0, 1, 2, 3, 64])
        for status in statuses { #expect(page.contains("| \(status.rawValue) |")) }
    }

    @Test(arguments: [
        ["nonsense"], ["segment"], ["segment", "list", "--colour"], ["segment", "count"],
        ["audit", "list", "--limit", "0"],
        ["contacts", "import"], ["campaign", "report", "not-an-identifier"], ["demo", "--people", "many"],
        ["segment", "explain", "age > 3", "--person", "nobody"], ["audit", "export", "relative"],
    ])
    func `a wrong command line ends with 64 and a sentence`(words: [String]) {
        do {
            var command = try WardCommand.parseAsRoot(words)
            // A group alone prints its help, which is no mistake.
            #expect(words == ["segment"])
            #expect(throws: (any Error).self) { try command.run() }
        } catch {
            #expect(WardCommand.exitCode(for: error).rawValue == WardCommands.ExitStatus.usage.rawValue, "\(words)")
            #expect(WardCommand.fullMessage(for: error).hasPrefix("Error: "), "\(words)")
        }
    }

    @Test func `help and version end with 0`() {
        for words in [["--help"], ["--version"], ["segment", "count", "--help"]] {
            let error = #expect(throws: (any Error).self) {
                // The parser hands out a command that shows the help by throwing it.
                var command = try WardCommand.parseAsRoot(words)
                try command.run()
            }
            #expect(error.map { WardCommand.exitCode(for: $0).rawValue } == 0)
        }
    }
}
