// SPDX-License-Identifier: Apache-2.0

import WardContacts
import WardKernel

@testable import WardSegments

/// Repeatable randomness (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

extension SegmentCatalogue {
    static let exampleLists: [String: ListID] = [
        "Diabetes class": ListID(high: 1, low: 1), "Newsletter": ListID(high: 1, low: 2),
    ]

    /// The built-in attributes, three custom ones and two lists.
    static let example = SegmentCatalogue(
        attributes: AttributeDefinition.builtIns + [
            custom("smoker", .boolean, isClinical: true), custom("enrolled_on", .date), custom("score", .number),
        ],
        lists: exampleLists
    )

    private static func custom(
        _ name: String,
        _ kind: AttributeKind,
        isClinical: Bool = false
    ) -> AttributeDefinition {
        AttributeDefinition(
            name: AttributeName(rawValue: name) ?? .source,
            label: name,
            kind: kind,
            isPHI: true,
            isClinical: isClinical
        )
    }
}

extension EvaluationMoment {
    /// A moment of the test's own choice in a zone that the system knows.
    static func at(_ text: String, hour: Int = 12, zone: String = "UTC") -> EvaluationMoment {
        let day = CalendarDate(text) ?? CalendarDate(daysSince1970: 0)
        let seconds = Int64(day.daysSince1970) * 86_400 + Int64(hour) * 3_600
        guard let moment = EvaluationMoment(now: Timestamp(seconds: seconds), zone: zone) else {
            preconditionFailure("Install tzdata: the zone \(zone) is not known.")
        }
        return moment
    }
}
