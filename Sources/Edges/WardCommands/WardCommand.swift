// SPDX-License-Identifier: Apache-2.0

package import ArgumentParser

/// The command `ward`.
package struct WardCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "ward",
        abstract: "Healthcare communication that keeps protected health information protected.",
        discussion: """
            To look around with made-up people:   ward demo
            To set up an organization:            ward init --data /var/lib/ward
                                                  ward serve --data /var/lib/ward
            """,
        version: "0.1.0",
        subcommands: [
            InitCommand.self, ServeCommand.self, DemoCommand.self, MigrateCommand.self, DoctorCommand.self,
            ContactsCommand.self, SegmentCommand.self,
            CampaignCommand.self, MailCommand.self, AuditCommand.self, UserCommand.self, KeysCommand.self,
        ]
    )

    package init() {}
}
