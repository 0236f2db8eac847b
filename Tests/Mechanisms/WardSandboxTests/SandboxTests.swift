// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import WardSandbox

/// The box of invariant I12, with a child that does what hostile bytes would have it do.
@Suite struct SandboxTests {
    private static let child = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().appending(path: "WardParseChild").path

    private func box(_ limits: SandboxLimits = SandboxLimits()) -> Sandbox {
        Sandbox(program: Self.child, limits: limits)
    }

    private func order(_ text: String, _ limits: SandboxLimits = SandboxLimits()) async -> SandboxOutcome {
        await box(limits).run(Array("!\(text)".utf8))
    }

    @Test("a child that is asked to open a file or to connect is refused", arguments: ["open", "connect"])
    func refusals(_ text: String) async {
        #expect(await order(text) == .answered(Array("refused \(EACCES)".utf8)))
    }

    @Test(
        "whatever a child does but answer quarantines its item",
        arguments: [("run", QuarantineReason.crashed), ("crash", .crashed), ("silent", .crashed), ("memory", .crashed)]
    )
    func quarantines(_ text: String, _ reason: QuarantineReason) async {
        #expect(await order(text) == .quarantined(reason))
    }

    @Test("a child that takes too long is killed at its deadline")
    func deadline() async {
        #expect(await order("wait", SandboxLimits(time: .milliseconds(300))) == .quarantined(.outOfTime))
    }

    @Test("a child that takes too much processor time is killed long before its deadline")
    func processorTime() async {
        let started = ContinuousClock.now
        #expect(await order("spin", SandboxLimits(processorSeconds: 1)) == .quarantined(.outOfTime))
        #expect(ContinuousClock.now - started < .seconds(15))
    }

    @Test("an item larger than the box takes reaches no child")
    func tooLarge() async {
        #expect(await order("hello", SandboxLimits(largestItem: 3)) == .quarantined(.tooLarge))
    }

    @Test("a program that is not there, or that does not confine itself, gets nothing")
    func unavailable() async {
        #expect(await Sandbox(program: "/nonexistent").run([1]) == .quarantined(.unavailable))
        #expect(await Sandbox(program: "/bin/true").run([1]) == .quarantined(.unavailable))
    }

    @Test("after a crash the next item is answered, and many items at once are answered each for itself")
    func goesOn() async {
        let box = box()
        #expect(await box.run(Array("!crash".utf8)) == .quarantined(.crashed))
        await withTaskGroup(of: Bool.self) { group in
            for number in 0..<12 {
                group.addTask {
                    await box.run(Array("!echo \(number)".utf8)) == .answered(Array("echo \(number)".utf8))
                }
            }
            for await isRight in group { #expect(isRight) }
        }
    }
}
