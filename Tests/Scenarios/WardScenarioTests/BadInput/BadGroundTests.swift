// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import Testing
import WardKernel
import WardServer
import WardStorage
import WardTestKit
import WardVault

/// What Ward stands on is wrong: keys, schema, configuration, port, another process.
@Suite struct BadGroundTests {
    /// Exit code 2 and this sentence, from a command and from the server.
    private func expectRefused(by place: ScenarioPlace, _ sentence: String) async throws {
        for arguments in [["segment", "list"], ["serve"]] {
            let answer = try await place.ward(arguments)
            #expect(answer.status == 2)
            #expect(answer.output == "")
            #expect(answer.errors == sentence + "\n", "\(arguments)")
        }
    }

    @Test(arguments: TestStore.kinds)
    func `another installation's root key is told apart, and both are named`(kind: StoreKind) async throws {
        try await ScenarioPlace.with(kind) { place in
            try await ScenarioPlace.with(.sqlite) { other in
                let (ours, theirs) = (place.keys + "/root.key", other.keys + "/root.key")
                let name = try KeyDirectory(opening: place.keys).rootKeyName
                let found = try KeyDirectory(opening: other.keys).rootKeyName
                try FileManager.default.removeItem(atPath: ours)
                try FileManager.default.copyItem(atPath: theirs, toPath: ours)
                try await expectRefused(
                    by: place,
                    "vault.wrong_root_key: this database needs the root key \(name), but the key file holds \(found). "
                        + "Put the right key file in place or name it in the configuration."
                )
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a key file that others can read is refused`(kind: StoreKind) async throws {
        try await ScenarioPlace.with(kind) { place in
            #expect(chmod(place.keys + "/root.key", 0o640) == 0)
            try await expectRefused(
                by: place,
                "key_file.readable_by_others: \(place.keys)/root.key has mode 0640; others than its owner may read it. "
                    + "Run: chmod 600 \(place.keys)/root.key"
            )
            #expect(chmod(place.keys + "/root.key", 0o600) == 0)
            try await place.wardDoes("segment", "list")
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a data directory that others can read is refused`(kind: StoreKind) async throws {
        try await ScenarioPlace.with(kind) { place in
            #expect(chmod(place.data, 0o755) == 0)
            try await expectRefused(
                by: place,
                "Others can read the data directory \(place.data). Close it with: chmod 700 \(place.data)"
            )
        }
    }

    @Test(arguments: TestStore.kinds)
    func `data of a newer version is not touched`(kind: StoreKind) async throws {
        try await ScenarioPlace.with(kind) { place in
            try await place.opened { installation in
                _ = try await installation.store.write { tx in
                    try tx.execute(
                        """
                        INSERT INTO schema_migration (module, number, name, checksum)
                        VALUES ('WardQueue', 999, 'later', 'later')
                        """
                    )
                }
            }
            let sentence =
                "The data is of a newer version than this program: WardQueue 999 is not known here. Start the newer "
                + "program; the data was not touched."
            try await expectRefused(by: place, sentence)
            let migrated = try await place.ward("migrate")
            #expect(migrated.status == 2)
            #expect(migrated.errors == sentence + "\n")
        }
    }

    @Test func `a port that is taken is named`() async throws {
        try await ScenarioPlace.with(.sqlite) { place in
            let listener = try Listener(port: place.staffPort)
            let answer = try await place.ward("serve")
            listener.close()
            #expect(answer.status == 2)
            #expect(
                answer.errors.hasSuffix(
                    "Port \(place.staffPort) on 127.0.0.1 is taken. Stop what listens there, or change staff.listen or "
                        + "patients.listen in the configuration.\n"
                ),
                "\(answer.errors)"
            )
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a second server on the same directory is refused, and commands go through the first`(
        kind: StoreKind
    ) async throws {
        try await ScenarioPlace.with(kind) { place in
            let first = try await place.startWard()
            let second = try await place.ward("serve")
            #expect(second.status == 2)
            #expect(
                second.errors == "Another process has the data directory \(place.data). Two would corrupt it; stop the "
                    + "other one first.\n"
            )
            try await place.wardDoes("segment", "list")
            let initialized = try await place.ward(
                "init",
                "--name",
                "Second",
                "--postal-address",
                "2 Shore Road",
                "--sender-domain",
                "second.example",
                "--administrator",
                "eve@second.example"
            )
            #expect(initialized.status == 2)
            #expect(initialized.errors == second.errors)
            expectSame(try await place.stop(first), .exited(0))
        }
    }

    @Test func `an unknown setting is named with its line, and an environment variable by its name`() async throws {
        try await ScenarioPlace.with(.sqlite) { place in
            try place.configure(store: "sqlite", more: "listen: 127.0.0.1:1")
            try await expectRefused(by: place, "Line 10: there is no setting `listen`. Is `staff.listen` meant?")
            try place.configure(store: "sqlite")
            let answer = try await place.ward(["segment", "list"], environment: ["WARD_STAF_LISTEN": "x"])
            #expect(answer.status == 2)
            #expect(answer.errors == "The environment variable WARD_STAF_LISTEN names no setting.\n")
        }
    }

    @Test func `an organization of the same name is not made twice`() async throws {
        try await ScenarioPlace.with(.sqlite) { place in
            let again = try await place.ward(
                "init",
                "--name",
                "Lakeside Health",
                "--postal-address",
                "2 Shore Road",
                "--sender-domain",
                "lakeside.example",
                "--administrator",
                "dana@lakeside.example"
            )
            #expect(again.status == 2)
            #expect(
                again.errors == "There is an organization “Lakeside Health” in \(place.data) already; nothing was "
                    + "changed. To add another one, give it another name.\n"
            )
            try await place.wardDoes("segment", "list")
        }
    }
}

/// Takes a port of the loopback address.
private struct Listener {
    private let descriptor: Int32

    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard descriptor >= 0, bound == 0, listen(descriptor, 1) == 0 else {
            throw ChildProcess.Failure(description: "Port \(port) cannot be taken")
        }
    }

    func close() { _ = Glibc.close(descriptor) }
}
