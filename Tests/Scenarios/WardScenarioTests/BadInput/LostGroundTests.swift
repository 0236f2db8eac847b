// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import WardServer
import WardTestKit

/// What Ward stands on goes away while it works, and comes back.
@Suite struct LostGroundTests {
    @Test func `the database goes away and comes back while the server runs`() async throws {
        try await TestPostgres.withOwn(named: "gone") { postgres in
            try await ScenarioPlace.at(store: postgres.address()) { place in
                try await place.establish("Lakeside Health")
                let server = try await place.startWard()
                try await place.wardDoes("segment", "list")
                postgres.stop()
                let away = try await place.ward("segment", "list")
                #expect(away.status == 2)
                #expect(away.output == "")
                #expect(
                    away.errors
                        == "The database is away. Nothing of this was kept; try again when it is back.\n"
                )
                #expect(server.look() == nil, "\(server.errors)")
                let second = try await place.ward("doctor")
                #expect(second.status == 1)
                #expect(
                    second.output.contains(
                        "✗ store: PostgreSQL does not answer: check that it runs, the setting store, and the password."
                    )
                )
                try postgres.start()
                try await wait(upTo: .seconds(30), for: "the database to be used again") {
                    try await place.ward("segment", "list").status == 0
                }
                // The workers too go on: an import that a worker has to run ends.
                let file = try place.write("Id,First,Last\n1,Ada,Example\n", to: "people.csv")
                try await place.wardDoes("contacts", "import", file)
                expectSame(try await place.stop(server), .exited(0))
            }
        }
    }

    /// A tmpfs of a few megabytes, mounted for this test, holds the data directory; the keys lie outside.
    @Test func `a full disk ends an import between two chunks, loses nothing, and is enough once it has room`()
        async throws
    {
        try await ScenarioPlace.empty(.sqlite) { place in
            try await SmallDisk.with(12, at: place) { disk in try await fillAndGoOn(place, disk) }
        }
    }

    private func fillAndGoOn(_ place: ScenarioPlace, _ disk: SmallDisk) async throws {
        try await place.establish("Lakeside Health")
        let small = try place.write("Id,First,Last\n1,Ada,Example\n", to: "small.csv")
        try await place.wardDoes("contacts", "import", small, "--source", "clinic")
        let rows = (2..<60_000).map { "\($0),Given\($0),Family\($0),\($0) Shore Road, Lakeside\n" }
        let large = try place.write("Id,First,Last,Address,City\n" + rows.joined(), to: "large.csv")
        let full = try await place.ward("contacts", "import", large, "--source", "clinic")
        #expect(full.status == 2)
        #expect(full.output == "")
        #expect(
            full.errors
                == "There is no room left on the disk. What was being written was not kept, and nothing was lost; make "
                + "room and try again.\n"
        )
        let counted = try await place.ward("segment", "count", "family_name is not missing")
        // An import keeps whole chunks, and goes on from the last of them.
        let isPart = counted.status == 0 && !counted.output.contains("59,999 people")
        #expect(isPart || counted.status == 2, "\(counted.output)\(counted.errors)")
        try await disk.resize(toMegabytes: 400)
        try await place.wardDoes("contacts", "import", large, "--source", "clinic")
        #expect(try await place.wardDoes("segment", "count", "family_name is not missing").contains("59,999 people"))
        try await place.wardDoes("audit", "verify")
    }
}
