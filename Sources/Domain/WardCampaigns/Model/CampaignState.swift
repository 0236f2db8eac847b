// SPDX-License-Identifier: Apache-2.0
//
//                    schedule              start                 finish
//      ┌── draft ──────────────► scheduled ─────────► sending ──────────► finished
//      │     ▲ │     unschedule      │                 │   ▲
//      │     └─┼─────────────────────┘           pause │   │ resume
//      │       └───────── start ─────────────────►     ▼   │
//      │                                              paused
//      └──────────── cancel (from every state but finished) ──► cancelled
//
// What pausing and cancelling mean for messages that are already in the delivery queue is the gate's work: it asks
// whether the campaign may send before each attempt (`CampaignQuestion`), so that a paused campaign starts no attempt and
// a cancelled one never sends again.

/// Where a campaign stands.
package enum CampaignState: String, Hashable, Sendable, Codable, CaseIterable {
    case draft, scheduled, sending, paused, cancelled, finished

    /// Whether its content and audience may still change.
    package var isEditable: Bool { self == .draft }
    /// Whether anything can still happen.
    package var isOver: Bool { self == .cancelled || self == .finished }
}

/// What can be asked of a campaign.
package enum CampaignCommand: String, Hashable, Sendable, CaseIterable {
    case schedule, unschedule, start, pause, resume, cancel, finish
}

extension CampaignState {
    /// The state after a command, nil where the command makes no sense.
    package func after(_ command: CampaignCommand) -> CampaignState? {
        switch (self, command) {
        case (.draft, .schedule), (.scheduled, .schedule): .scheduled
        case (.scheduled, .unschedule): .draft
        case (.draft, .start), (.scheduled, .start): .sending
        case (.sending, .pause): .paused
        case (.paused, .resume): .sending
        case (.sending, .finish): .finished
        case (.draft, .cancel), (.scheduled, .cancel), (.sending, .cancel), (.paused, .cancel): .cancelled
        default: nil
        }
    }
}
