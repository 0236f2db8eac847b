// SPDX-License-Identifier: Apache-2.0
//
// One item, one child (invariant I12).
//
//     parent → child   starts the program; one end of a socket pair is the child's descriptor 3
//     child  → parent  1 octet, once it is confined: what holds it (1 the filter, 2 Landlock)
//     parent → child   8 octets of length (most significant first), the request
//     child  → parent  8 octets of length, the answer; then it ends
//
// The parent gives nothing away before the first octet says that the filter holds. It keeps one deadline for everything;
// at the deadline the child is killed. Whatever the child does but answer in full is `quarantined`: the item is kept where
// it is and nobody else notices. An answer is as hostile as the item was: it is bounded here, and read as such by whoever
// asked.

import CSandbox
import Foundation
import Glibc

/// How an item ended in the box.
package enum SandboxOutcome: Sendable, Hashable {
    case answered([UInt8])
    /// The child gave no answer: the item stays closed.
    case quarantined(QuarantineReason)
}

/// Why an item was not read.
package enum QuarantineReason: String, Sendable, Hashable, Codable, CaseIterable {
    /// The child ended without an answer: a crash, or a system call that it may not make, or its limit of memory.
    case crashed
    /// The time was over, or the limit of processor time.
    case outOfTime = "out_of_time"
    /// The item or its answer is larger than the box takes.
    case tooLarge = "too_large"
    /// The child could not be started, or could not be confined: nothing was given to it.
    case unavailable

    /// The reason in words.
    package var sentence: String {
        switch self {
        case .crashed: "The program that read it broke down. It may have been made to do harm."
        case .outOfTime: "Reading it took too long. It may have been made to do harm."
        case .tooLarge: "It is too large."
        case .unavailable: "The confined program that reads such files could not be started."
        }
    }
}

/// What a child may use.
package struct SandboxLimits: Sendable, Hashable {
    /// Octets of memory beyond what the program takes to start.
    package var memory: UInt64
    /// Seconds of processor time.
    package var processorSeconds: UInt64
    /// From the start to the answer.
    package var time: Duration
    /// Octets of a request and of an answer.
    package var largestItem: Int

    package init(
        memory: UInt64 = 512 << 20,
        processorSeconds: UInt64 = 10,
        time: Duration = .seconds(20),
        largestItem: Int = 96 << 20
    ) {
        self.memory = memory
        self.processorSeconds = processorSeconds
        self.time = time
        self.largestItem = largestItem
    }
}

/// Starts confined children.
package final class Sandbox: Sendable {
    private let program: String
    private let arguments: [String]
    private let limits: SandboxLimits
    private let queue: OperationQueue

    /// - Parameters:
    ///   - program: a path; `/proc/self/exe` is the running program itself, whatever became of its file.
    ///   - arguments: what makes it call `SandboxChild.serve`.
    ///   - width: children at the same time; further items wait.
    package init(
        program: String = "/proc/self/exe",
        arguments: [String] = [SandboxChild.argument],
        limits: SandboxLimits = SandboxLimits(),
        width: Int = 4
    ) {
        self.program = program
        self.arguments = arguments
        self.limits = limits
        queue = OperationQueue()
        queue.name = "ward.sandbox"
        queue.maxConcurrentOperationCount = width
    }

    /// Gives one request to a child of its own and returns what became of it.
    package func run(_ request: [UInt8]) async -> SandboxOutcome {
        guard request.count <= limits.largestItem else { return .quarantined(.tooLarge) }
        return await withCheckedContinuation { continuation in
            queue.addOperation { continuation.resume(returning: self.runNow(request)) }
        }
    }

    private func runNow(_ request: [UInt8]) -> SandboxOutcome {
        var socket: Int32 = -1
        var pid: pid_t = 0
        let words = [program] + arguments + ["\(limits.memory)", "\(limits.processorSeconds)"]
        let pointers: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
        defer { for pointer in pointers { free(pointer) } }
        let list = pointers.map { $0.map { UnsafePointer($0) } } + [nil]
        guard ward_spawn(program, list, &socket, &pid) == 0 else { return .quarantined(.unavailable) }
        var exchange = Exchange(socket: socket, deadline: .now + limits.time, largest: limits.largestItem)
        let answer = exchange.ask(request)
        close(socket)
        kill(pid, SIGKILL)
        let signal = Self.wait(for: pid)
        switch answer {
        case .success(let bytes): return .answered(bytes)
        case .failure(.outOfTime): return .quarantined(.outOfTime)
        case .failure(.tooLarge): return .quarantined(.tooLarge)
        case .failure(.notConfined): return .quarantined(.unavailable)
        case .failure(.ended): return .quarantined(signal == SIGXCPU ? .outOfTime : .crashed)
        }
    }

    /// The signal that ended the child; nil when it ended by itself. A child that has ended already keeps its own signal.
    private static func wait(for pid: pid_t) -> Int32? {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) == -1 { if errno != EINTR { return nil } }
        let signal = status & 0x7f
        return signal == 0 ? nil : signal
    }
}

/// The parent's side of one conversation.
private struct Exchange {
    enum Failure: Error { case outOfTime, tooLarge, notConfined, ended }

    let socket: Int32
    let deadline: ContinuousClock.Instant
    let largest: Int

    mutating func ask(_ request: [UInt8]) -> Result<[UInt8], Failure> {
        do throws(Failure) {
            let holding: [UInt8]
            do throws(Failure) { holding = try read(1) } catch {
                throw error == .ended ? .notConfined : error
            }
            guard holding[0] & UInt8(WARD_CONFINED_FILTER) != 0 else { throw .notConfined }
            try write(Frame.length(of: request))
            try write(request)
            guard let count = Frame.count(try read(8)), count <= largest else { throw .tooLarge }
            return .success(try read(count))
        } catch { return .failure(error) }
    }

    private func waitUntil(_ events: Int16) throws(Failure) {
        while true {
            let left = ContinuousClock.now.duration(to: deadline)
            guard left > .zero else { throw .outOfTime }
            var entry = pollfd(fd: socket, events: events, revents: 0)
            let milliseconds = left.components.seconds * 1_000 + left.components.attoseconds / 1_000_000_000_000_000
            let ready = poll(&entry, 1, Int32(clamping: milliseconds + 1))
            if ready > 0 { return }
            if ready < 0, errno != EINTR { throw .ended }
        }
    }

    private func read(_ count: Int) throws(Failure) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        var piece = [UInt8](repeating: 0, count: min(max(1, count), 1 << 16))
        while bytes.count < count {
            try waitUntil(Int16(POLLIN))
            let got = recv(socket, &piece, min(piece.count, count - bytes.count), Int32(MSG_DONTWAIT))
            if got < 0, errno == EAGAIN || errno == EINTR { continue }
            guard got > 0 else { throw .ended }
            bytes.append(contentsOf: piece[..<got])
        }
        return bytes
    }

    private func write(_ bytes: [UInt8]) throws(Failure) {
        var position = 0
        while position < bytes.count {
            try waitUntil(Int16(POLLOUT))
            let flags = Int32(Int(MSG_DONTWAIT) | Int(MSG_NOSIGNAL))
            let sent = bytes[position...].withUnsafeBytes { send(socket, $0.baseAddress, $0.count, flags) }
            if sent < 0, errno == EAGAIN || errno == EINTR { continue }
            guard sent > 0 else { throw .ended }
            position += sent
        }
    }
}

/// The length in front of a request or an answer.
enum Frame {
    static func length(of bytes: [UInt8]) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: bytes.count >> (8 * (7 - $0))) }
    }

    /// Nil for a number that is no length.
    static func count(_ octets: [UInt8]) -> Int? {
        Int(exactly: octets.reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }
}
