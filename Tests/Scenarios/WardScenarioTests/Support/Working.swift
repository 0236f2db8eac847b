// SPDX-License-Identifier: Apache-2.0

import WardCampaigns
import WardKernel
import WardServer
import WardTestKit

extension Installation {
    /// Runs the workers beside the body and ends them with it.
    func working<Result: Sendable>(_ body: @Sendable () async throws -> Result) async throws -> Result {
        let workers = try await workers()
        return try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in workers { group.addTask { try await worker.runUntilCancelled() } }
            let result = try await body()
            group.cancelAll()
            try await group.waitForAll()
            return result
        }
    }

    /// Waits until every message of a campaign has a final state.
    func report(ofFinished campaign: CampaignID, by requester: Requester) async throws -> CampaignReport {
        var report = try await modules.campaigns.report(campaign, requester: requester)
        do {
            try await wait(upTo: .seconds(180), for: "the end of a campaign") {
                report = try await modules.campaigns.report(campaign, requester: requester)
                return report.isComplete
            }
        } catch {
            throw ChildProcess.Failure(description: "\(error): \(report.state), \(report.rows)")
        }
        return report
    }
}
