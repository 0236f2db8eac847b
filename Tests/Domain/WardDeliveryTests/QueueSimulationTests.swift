// SPDX-License-Identifier: Apache-2.0

import Testing

/// A thousand histories of an hour of traffic with about five kills each (reliability.md B7, V1, V2, V4, V6). A seed that fails
/// is in the message; `QueueSimulation(seed:)` plays it again.
@Suite struct QueueSimulationTests {
    @Test(arguments: 0..<20)
    func `nothing is lost, nothing comes twice beyond doubt, nothing cancelled leaves, nothing stays stuck`(part: Int) {
        var kills = 0
        for seed in part * 50..<(part + 1) * 50 {
            let simulation = QueueSimulation(seed: seed)
            simulation.run()
            kills += simulation.kills
            #expect(simulation.violations.isEmpty, "seed \(seed): \(simulation.violations.prefix(3))")
        }
        #expect(kills >= 150)
    }

    @Test(arguments: Sabotage.allCases)
    func `each thing broken on purpose is noticed`(sabotage: Sabotage) {
        let isNoticed = (0..<200).contains { seed in
            let simulation = QueueSimulation(seed: seed, sabotage: sabotage)
            simulation.run()
            return !simulation.violations.isEmpty
        }
        #expect(isNoticed, "\(sabotage) passes unnoticed")
    }

    @Test func `the same seed gives the same history`() {
        let histories = (0..<2).map { _ in
            let simulation = QueueSimulation(seed: 7)
            simulation.run()
            return "\(simulation.messages.map(\.life)) \(simulation.outside.map(\.copies)) \(simulation.eventCount)"
        }
        #expect(histories[0] == histories[1])
    }
}
