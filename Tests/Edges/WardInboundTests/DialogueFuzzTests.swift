// SPDX-License-Identifier: Apache-2.0
//
// A seeded mutator over a corpus of dialogues. The oracle reads the same octets by itself, in the simplest way, and counts
// the true ends of messages; the dialogue may hand over no more messages than that, none with a bare CR, LF or NUL, and may
// never hold more than its limits.

import Testing
import WardKernel

@testable import WardInbound

@Suite struct DialogueFuzzTests {
    private static let corpus = [
        opening + "DATA\r\nSubject: a\r\n\r\nb\r\n.\r\nQUIT\r\n",
        opening + "BDAT 4\r\na\r\nbBDAT 2 LAST\r\n\r\nNOOP\r\n",
        opening + "DATA\r\na\r\n..\r\n.\r\nMAIL FROM:<> SIZE=9\r\nRCPT TO:<c@ward.example>\r\nDATA\r\n.\r\nRSET\r\n",
        "EHLO [192.0.2.1]\r\nVRFY a\r\nNOOP x\r\nHELO b\r\nMAIL FROM:<\"a b\"@c.example> BODY=8BITMIME\r\nRSET\r\nQUIT\r\n",
        "EHLO c.example\r\nSTARTTLS\r\n" + opening,
        opening + "DATA\r\nx\n.\nMAIL FROM:<e@c.example>\r\nRCPT TO:<f@ward.example>\r\nDATA\r\ny\r\n.\r\nQUIT\r\n",
    ]

    private static let pieces = [
        "\r\n.\r\n", "\n.\n", "\r", "\n", "\0", ".", "\r\n", "DATA\r\n", "BDAT 5\r\n", "BDAT 3 LAST\r\n", "RSET\r\n",
        "MAIL FROM:<>\r\n",
        "RCPT TO:<g@ward.example>\r\n", "EHLO d.example\r\n", "QUIT\r\n", "STARTTLS\r\n", "\u{2028}", "<", ">", "\"",
        "\\",
    ]

    struct Random {
        var state: UInt64
        mutating func next(_ bound: Int) -> Int {
            state = (state &* 6_364_136_223_846_793_005) &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(max(1, bound)))
        }
    }

    private func mutated(_ random: inout Random) -> [UInt8] {
        var octets = Array(Self.corpus[random.next(Self.corpus.count)].utf8)
        for _ in 0...random.next(6) {
            let place = random.next(octets.count + 1)
            switch random.next(6) {
            case 0: octets.insert(contentsOf: Array(Self.pieces[random.next(Self.pieces.count)].utf8), at: place)
            case 1: octets.insert(UInt8(random.next(256)), at: place)
            case 2 where place < octets.count: octets.remove(at: place)
            case 3 where place < octets.count: octets[place] = UInt8(random.next(256))
            case 4: octets += Array(Self.corpus[random.next(Self.corpus.count)].utf8)
            default:
                let end = min(octets.count, place + random.next(40))
                octets.insert(contentsOf: Array(octets[min(place, end)..<end]), at: random.next(octets.count + 1))
            }
        }
        return octets
    }

    /// So many messages could be in these octets at most: each needs its DATA and a true end, or its last chunk.
    private func mostMessages(in octets: [UInt8]) -> Int {
        func count(_ wanted: String) -> Int {
            let wanted = Array(wanted.utf8)
            return octets.indices.reduce(0) { count, index in
                let isHere = octets[index...].prefix(wanted.count).elementsEqual(wanted) { $0 == $1 || $0 & 0xdf == $1 }
                return count + (isHere ? 1 : 0)
            }
        }
        return min(count("DATA\r\n"), count("\r\n.\r\n")) + count("BDAT ")
    }

    @Test(arguments: 0..<8)
    func `mutated dialogues never make two messages of one, hold too much or trap`(seed: UInt64) {
        var random = Random(state: seed &* 977 &+ 1)
        var limits = DialogueLimits()
        limits.message = 2_000
        limits.commandLine = 200
        limits.authenticationLine = 200
        for round in 0..<1_500 {
            let octets = mutated(&random)
            var driver = DialogueDriver(random.next(4) == 0 ? .submission : .incoming, limits: limits)
            driver.answersAtOnce = true
            var rest = octets[...]
            while !rest.isEmpty, !driver.isClosed, driver.dialogue.wantsOctets {
                let count = min(rest.count, 1 + random.next(60))
                driver.send(Array(rest.prefix(count)))
                rest = rest.dropFirst(count)
            }
            let messages = driver.messages.map { $0.octets.expose(for: .evaluating) { $0 } }
            #expect(messages.count <= mostMessages(in: octets), "seed \(seed), round \(round)")
            #expect(driver.mostHeld <= 2_000 + 200 + 64, "seed \(seed), round \(round)")
            for message in messages {
                let isClean = message.indices.allSatisfy { index in
                    switch message[index] {
                    case 0: false
                    case 0x0a: index > 0 && message[index - 1] == 0x0d
                    case 0x0d: index + 1 < message.count && message[index + 1] == 0x0a
                    default: true
                    }
                }
                #expect(isClean, "seed \(seed), round \(round)")
            }
            for reply in driver.said.split(separator: "\r\n", omittingEmptySubsequences: true) {
                #expect(Int(reply.prefix(3)) != nil, "seed \(seed), round \(round)")
            }
        }
    }

    @Test(arguments: 0..<4)
    func `however a dialogue is cut, it says the same and hands over the same`(seed: UInt64) {
        var random = Random(state: seed &+ 77)
        for _ in 0..<300 {
            let octets = mutated(&random)
            var whole = DialogueDriver()
            whole.send(octets)
            var cut = DialogueDriver()
            var rest = octets[...]
            // STARTTLS alone depends on what is read together with it.
            guard !String(decoding: octets, as: UTF8.self).uppercased().contains("STARTTLS") else { continue }
            while !rest.isEmpty {
                let count = min(rest.count, 1 + random.next(9))
                cut.send(Array(rest.prefix(count)))
                rest = rest.dropFirst(count)
            }
            #expect(whole.said == cut.said)
            #expect(whole.bodies == cut.bodies)
        }
    }
}
