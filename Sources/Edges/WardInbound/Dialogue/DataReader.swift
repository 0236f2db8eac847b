// SPDX-License-Identifier: Apache-2.0
//
// The content of a message as it arrives, by DATA (RFC 5321 section 4.5.2) or in chunks (RFC 3030).
//
// Only CRLF ends a line and only CRLF.CRLF ends a message. A CR or LF by itself, or a NUL, refuses the message, wherever it
// stands; the reading goes on to the true end, so that what another server might take for the end of one message and the
// beginning of the next stays inside the one that is refused (SMTP smuggling, CVE-2023-51764 to -51766).
//
//     lineStart ──'.'──► dot ──CR──► dotCR ──LF──► the end
//         ▲  └─other─┐    └─other─► inLine (the dot was stuffing)
//        LF          ▼
//     inLineCR ◄─CR─ inLine

/// Collects one message; holds no octets any more once it is refused.
struct DataReader: Sendable {
    enum Refusal: Sendable, Hashable {
        case lineEnds
        case tooLarge
        case overloaded
    }

    private enum State: Sendable {
        case lineStart, dot, dotCR, inLine, inLineCR
    }

    private(set) var octets: [UInt8] = []
    private(set) var refusal: Refusal?
    /// Octets read, kept or not.
    private(set) var total = 0
    private var state = State.lineStart
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    var reply: DialogueReply? {
        switch refusal {
        case .lineEnds: .strictLineEnds
        case .tooLarge: .tooLarge
        case .overloaded: .overloaded
        case nil: nil
        }
    }

    /// Reads on.
    ///
    /// - Returns: the position after the end of the message, or nil when all was read and the message goes on.
    mutating func read(_ bytes: ArraySlice<UInt8>) -> Int? {
        var index = bytes.startIndex
        while index < bytes.endIndex {
            if state == .inLine {
                let run = Self.run(bytes, from: index)
                keep(bytes[index..<run])
                index = run
                if index == bytes.endIndex { break }
            }
            let byte = bytes[index]
            index += 1
            if step(byte) {
                total += index - bytes.startIndex
                return index
            }
        }
        total += bytes.count
        return nil
    }

    /// Takes octets of a chunk: as they are, but lines must end with CRLF all the same.
    mutating func readChunk(_ bytes: ArraySlice<UInt8>) {
        total += bytes.count
        if state == .lineStart { state = .inLine }
        var index = bytes.startIndex
        while index < bytes.endIndex {
            if state == .inLine {
                let run = Self.run(bytes, from: index)
                keep(bytes[index..<run])
                index = run
                if index == bytes.endIndex { break }
            }
            inLine(bytes[index])
            if state == .lineStart { state = .inLine }
            index += 1
        }
    }

    /// The last chunk was read: a CR at its end has no LF.
    mutating func endChunks() { if state == .inLineCR { refuse(.lineEnds) } }

    mutating func refuse(_ reason: Refusal) {
        if refusal == nil { refusal = reason }
        octets = []
    }

    /// One octet; true at the end of the message.
    private mutating func step(_ byte: UInt8) -> Bool {
        switch state {
        case .lineStart where byte == 0x2e: state = .dot
        case .dot where byte == 0x0d: state = .dotCR
        case .dotCR where byte == 0x0a: return true
        case .dotCR:
            refuse(.lineEnds)
            state = .inLineCR
            inLine(byte)
        default: inLine(byte)
        }
        return false
    }

    private mutating func inLine(_ byte: UInt8) {
        if state == .inLineCR {
            if byte == 0x0a {
                keep([0x0d, 0x0a])
                state = .lineStart
                return
            }
            refuse(.lineEnds)
        }
        switch byte {
        case 0x0d: state = .inLineCR
        case 0x0a, 0x00:
            refuse(.lineEnds)
            state = .inLine
        default:
            keep([byte])
            state = .inLine
        }
    }

    private mutating func keep(_ bytes: ArraySlice<UInt8>) {
        guard refusal == nil else { return }
        guard octets.count + bytes.count <= limit else { return refuse(.tooLarge) }
        octets.append(contentsOf: bytes)
    }

    /// The first position from `start` at which a CR, an LF or a NUL stands.
    private static func run(_ bytes: ArraySlice<UInt8>, from start: Int) -> Int {
        var index = start
        while index < bytes.endIndex {
            let byte = bytes[index]
            if byte == 0x0d || byte == 0x0a || byte == 0 { break }
            index += 1
        }
        return index
    }
}
