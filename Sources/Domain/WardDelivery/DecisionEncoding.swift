// SPDX-License-Identifier: Apache-2.0

import Foundation
import WardKernel

/// The decisions of one batch as JSON, each as `JSONEncoder` would write it. Those of one campaign differ in little but the
/// recipient's domain: a part that is the same as in the decision before is not written again.
struct DecisionEncoding {
    private let encoder = JSONEncoder()
    private var verdict = Part<GateVerdict>()
    private var answers = Part<[AnsweredQuestion]>()
    private var methodOrder = Part<[SendMethod]>()
    private var decidedAt = Part<Timestamp>()
    private var inputs: [String: Part<DecisionInputs>] = [:]

    /// The last value of a field, and how it was written.
    private struct Part<Value: Encodable & Equatable> {
        var value: Value?
        var octets: [UInt8] = []

        mutating func octets(of value: Value, by encoder: JSONEncoder) throws -> [UInt8] {
            if self.value != value {
                octets = Array(try encoder.encode(value))
                self.value = value
            }
            return octets
        }
    }

    mutating func octets(of decision: GateDecision) throws -> [UInt8] {
        var octets: [UInt8] = []
        octets.reserveCapacity(4_096)
        octets += Self.verdictKey
        octets += try verdict.octets(of: decision.verdict, by: encoder)
        octets += Self.answersKey
        octets += try answers.octets(of: decision.answers, by: encoder)
        octets += Self.methodOrderKey
        octets += try methodOrder.octets(of: decision.methodOrder, by: encoder)
        octets += Self.decidedAtKey
        octets += try decidedAt.octets(of: decision.decidedAt, by: encoder)
        if let found = decision.inputs {
            octets += Self.inputsKey
            octets += try inputs[found.domain, default: Part()].octets(of: found, by: encoder)
        }
        octets.append(UInt8(ascii: "}"))
        return octets
    }

    private static let verdictKey = Array("{\"verdict\":".utf8)
    private static let answersKey = Array(",\"answers\":".utf8)
    private static let methodOrderKey = Array(",\"methodOrder\":".utf8)
    private static let decidedAtKey = Array(",\"decidedAt\":".utf8)
    private static let inputsKey = Array(",\"inputs\":".utf8)
}
