// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Synchronization
import Testing
import WardCommands
import WardIdentity
import WardKernel
import WardStorage
import WardTelemetry
import WardTestKit

@testable import WardServer

@Suite struct RefusedCommandTests {
    /// A terminal and a file that nobody may read the content of.
    private final class Terminal: CommandOutput, CommandFiles {
        let isTerminal = false
        let width = 80
        let reads = Mutex(0)
        func line(_ text: String) async {}
        func problem(_ text: String) async {}
        func progress(_ text: String) async {}
        func endProgress() async {}
        func read(_ path: String) -> AsyncThrowingStream<[UInt8], any Error> {
            reads.withLock { $0 += 1 }
            return AsyncThrowingStream { $0.finish() }
        }
        func write(_ path: String, _ bytes: [UInt8]) async throws {}
    }

    /// A new installation whose only account is the administrator's, mapped to the user who runs the tests.
    private func with(_ kind: StoreKind, _ body: (Installation, Organization) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.path() + "/ward-refused-\(UInt64.random(in: 0 ... .max))"
        // What cannot be removed from the temporary folder does not fail the test.
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var file = "mail:\n  hostName: mail.lakeside.example\n"
        if kind == .postgres { file += "store: \(try await TestPostgres.shared.get().makeSchema())\n" }
        let values = try SettingValues(file: file, environment: [:])
        let directory = DataDirectory(path: folder + "/data")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let address = try #require(EmailAddress("dana@lakeside.example"))
        let answers = InitializeInstallation.Answers(
            details: OrganizationDetails(
                name: "Lakeside Health",
                postalAddress: "1 Shore Road, Lakeside, MN 55001",
                timeZone: "America/Chicago",
                senderDomain: "lakeside.example",
                staffAddress: "http://127.0.0.1:8080",
                patientAddress: "http://127.0.0.1:8081"
            ),
            administrator: NewStaffAccount(name: "Dana Reyes", email: address, roles: [.administrator])
        )
        let (installation, outcome) = try await InitializeInstallation.run(
            answers,
            in: directory,
            configuration: try ServerConfiguration(values: values, dataDirectory: directory.path),
            telemetry: Telemetry(sink: { _ in })
        )
        do {
            try await body(installation, outcome.established.organization)
            await installation.close()
        } catch {
            await installation.close()
            throw error
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a command that its user may not run is in the audit log, without what was typed`(
        kind: StoreKind
    ) async throws {
        try await with(kind) { installation, organization in
            let terminal = Terminal()
            let typed = ["contacts", "import", "ada-marsh.csv", "--source", "lakeside-ehr"]
            let command = try #require(try WardCommand.parseAsRoot(typed) as? any FacadeCommand)
            await #expect(throws: AccessDenied(permission: .importContacts)) {
                try await installation.run(command, user: getuid(), output: terminal, files: terminal)
            }
            let entries = try await installation.store.read { tx in
                try tx.rows("SELECT facts, outcome FROM audit_entry WHERE action = 'access.request'")
                    .map { try $0.value(at: 0, as: String.self) + " " + $0.value(at: 1, as: String.self) }
            }
            #expect(entries == ["command=ContactsImportCommand;permission=importContacts denied"])
            let administrator = try await installation.identity.requester(systemUser: getuid(), of: organization.id)
            let actors = try await installation.store.read { tx in
                try tx.rows("SELECT actor FROM audit_entry WHERE action = 'access.request'")
                    .map { try $0.value(at: 0, as: [UInt8].self) }
            }
            #expect(actors == [administrator.identifier])
        }
    }
}
