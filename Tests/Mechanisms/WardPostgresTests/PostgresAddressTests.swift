// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import WardPostgres

@Suite struct PostgresAddressTests {
    @Test(arguments: [
        "", "dbname=ward", "host=/run/postgresql dbname=ward", "postgres://ward@127.0.0.1:5432/ward",
        "postgres://ward@[::1]/ward", "host=localhost sslmode=disable", "host=db.example hostaddr=127.0.0.2",
    ])
    func `a server on this machine is reached as it is`(address: String) throws {
        #expect(try PostgresAddress(address).isLocal)
    }

    @Test(arguments: [
        "postgres://ward@db.example/ward", "host=192.0.2.7", "host=/run/postgresql,db.example",
        "postgres://ward@db.example/ward?sslmode=verify-full", "host=1270.0.0.1",
    ])
    func `a server on another machine is reached over verified TLS`(address: String) throws {
        #expect(try !PostgresAddress(address).isLocal)
    }

    @Test(arguments: ["disable", "allow", "prefer", "require", "verify-ca"])
    func `a mode that does not verify the name is refused for another machine`(mode: String) async {
        await #expect(throws: PostgresAddressProblem.unverifiedTLS) {
            _ = try await PostgresStore.open("postgres://ward:pass-phrase@db.example/ward?sslmode=\(mode)")
        }
    }

    @Test func `an address that libpq does not read is refused without repeating it`() {
        #expect(throws: PostgresAddressProblem.service) { try PostgresAddress("service=ward") }
        #expect(throws: PostgresAddressProblem.unreadable) { try PostgresAddress("postgres://ward@host:port/x?y") }
        #expect(!PostgresAddressProblem.unreadable.description.contains("host:port"))
    }
}
