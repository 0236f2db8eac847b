// SPDX-License-Identifier: Apache-2.0

import CUnbound
import Foundation
import Glibc
import Synchronization

/// What libunbound answered, before the records are read.
enum RawAnswer: Sendable {
    case found([[UInt8]], isSecure: Bool)
    case noSuchDomain(isSecure: Bool)
    case noData(isSecure: Bool)
    case bogus
    case failed(DNSFailure)
}

/// One look-up under way. Answered once, by whoever comes first: the answer, the clock, or the end of the resolver.
private final class PendingLookup: Sendable {
    /// So that the callback, which knows nothing but this object, can find its entry.
    let context: UnboundContext
    let deadline: ContinuousClock.Instant
    let identifier = Atomic<Int32>(0)
    private let continuation: Mutex<CheckedContinuation<RawAnswer, Never>?>

    init(
        _ context: UnboundContext,
        _ continuation: CheckedContinuation<RawAnswer, Never>,
        deadline: ContinuousClock.Instant
    ) {
        self.context = context
        self.continuation = Mutex(continuation)
        self.deadline = deadline
    }

    func answer(_ answer: RawAnswer) {
        let continuation = self.continuation.withLock { continuation in
            defer { continuation = nil }
            return continuation
        }
        continuation?.resume(returning: answer)
    }
}

/// The C context and the thread that waits for it.
///
/// SAFETY: `ub_ctx` locks itself (libunbound(3), "MULTITHREADED"), so look-ups may be begun on any thread; `ub_process`,
/// `ub_cancel` and `ub_ctx_delete` are called on the one waiting thread alone, and the last of them after its loop has ended. Each
/// look-up is retained while libunbound holds a pointer to it: released by the callback, or after a cancellation that made sure
/// that no callback comes. Everything else is behind `state`.
final class UnboundContext: @unchecked Sendable {
    private struct State {
        var pending: [Int32: PendingLookup] = [:]
        var isStopped = false
    }

    /// The root's trust anchors (IANA, "root-anchors.xml"): KSK-2017 and KSK-2024.
    private static let rootAnchors = [
        ". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D",
        ". IN DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16",
    ]

    private let context: OpaquePointer
    private let timeout: Duration
    /// A pipe: whoever begins a look-up writes, the waiting thread reads.
    private let wake: (read: Int32, write: Int32)
    private let state = Mutex(State())

    init(_ configuration: UnboundResolver.Configuration) throws(ResolverSetupError) {
        guard let context = ub_ctx_create() else { throw ResolverSetupError(step: "context") }
        self.context = context
        timeout = configuration.timeout
        var ends: [Int32] = [-1, -1]
        let hasPipe =
            Glibc.pipe(&ends) == 0
            && ends.allSatisfy { fcntl($0, F_SETFL, O_NONBLOCK) == 0 && fcntl($0, F_SETFD, FD_CLOEXEC) == 0 }
        wake = (ends[0], ends[1])
        let problem = hasPipe ? Self.setUp(context, configuration) : "wake-up pipe"
        if let problem {
            ub_ctx_delete(context)
            throw ResolverSetupError(step: problem)
        }
        Thread.detachNewThread { self.wait() }
    }

    /// Looks one name up; never longer than the time-out.
    func look(_ name: String, _ type: RecordType) async -> RawAnswer {
        await withCheckedContinuation { continuation in
            let lookup = PendingLookup(self, continuation, deadline: ContinuousClock.now + timeout)
            begin(lookup, name, type)
        }
    }

    /// Ends the thread; what is under way is answered with a failure.
    func stop() {
        state.withLock { state in
            state.isStopped = true
            signal()
        }
    }

    private func begin(_ lookup: PendingLookup, _ name: String, _ type: RecordType) {
        let isBegun = state.withLock { state -> Bool in
            guard !state.isStopped else { return false }
            var identifier: Int32 = 0
            let held = Unmanaged.passRetained(lookup)
            guard ub_resolve_async(context, name, type.rawValue, 1, held.toOpaque(), Self.answered, &identifier) == 0
            else {
                held.release()
                return false
            }
            lookup.identifier.store(identifier, ordering: .releasing)
            state.pending[identifier] = lookup
            signal()
            return true
        }
        if !isBegun { lookup.answer(.failed(.resolverUnavailable)) }
    }

    /// Under the lock, so that the pipe is still open.
    private func signal() {
        // A full pipe means that the thread will wake anyway.
        _ = write(wake.write, [1], 1)
    }

    // MARK: The waiting thread

    private func wait() {
        while !state.withLock({ $0.isStopped }) {
            var descriptors = [
                pollfd(fd: ub_fd(context), events: Int16(POLLIN), revents: 0),
                pollfd(fd: wake.read, events: Int16(POLLIN), revents: 0),
            ]
            _ = poll(&descriptors, nfds_t(descriptors.count), millisecondsToNextDeadline())
            if descriptors[1].revents != 0 {
                var octets = [UInt8](repeating: 0, count: 256)
                _ = read(wake.read, &octets, octets.count)
            }
            _ = ub_process(context)
            cancel { $0.deadline <= ContinuousClock.now }
        }
        cancel { _ in true }
        ub_ctx_delete(context)
        close(wake.read)
        state.withLock { _ in _ = close(wake.write) }
    }

    private func millisecondsToNextDeadline() -> Int32 {
        let next = state.withLock { $0.pending.values.map(\.deadline).min() }
        guard let next else { return -1 }
        let left = ContinuousClock.now.duration(to: next)
        return Int32(
            clamping: max(1, left.components.seconds * 1_000 + left.components.attoseconds / 1_000_000_000_000_000)
        )
    }

    private func cancel(_ isDue: (PendingLookup) -> Bool) {
        let due = state.withLock { state in
            let due = state.pending.filter { isDue($0.value) }
            for identifier in due.keys { state.pending[identifier] = nil }
            return due
        }
        for (identifier, lookup) in due {
            if ub_cancel(context, identifier) == 0 { Unmanaged.passUnretained(lookup).release() }
            lookup.answer(.failed(.timeout))
        }
    }

    fileprivate func forget(_ lookup: PendingLookup) {
        state.withLock { $0.pending[lookup.identifier.load(ordering: .acquiring)] = nil }
    }

    private static let answered: ub_callback_type = { pointer, error, result in
        defer { ub_resolve_free(result) }
        guard let pointer else { return }
        let lookup = Unmanaged<PendingLookup>.fromOpaque(pointer).takeRetainedValue()
        lookup.context.forget(lookup)
        guard error == 0, let result else { return lookup.answer(.failed(.resolverUnavailable)) }
        lookup.answer(answer(from: result.pointee))
    }

    private static func answer(from result: ub_result) -> RawAnswer {
        let isSecure = result.secure != 0
        if result.bogus != 0 { return .bogus }
        if result.nxdomain != 0 { return .noSuchDomain(isSecure: isSecure) }
        if result.havedata == 0 { return result.rcode == 0 ? .noData(isSecure: isSecure) : .failed(.serverFailure) }
        var records: [[UInt8]] = []
        var index = 0
        while let item = result.data[index], records.count < 1_000 {
            records.append(Array(UnsafeRawBufferPointer(start: item, count: Int(result.len[index]))))
            index += 1
        }
        return .found(records, isSecure: isSecure)
    }

    // MARK: Setting up

    /// The step that failed, or nil.
    private static func setUp(_ context: OpaquePointer, _ configuration: UnboundResolver.Configuration) -> String? {
        guard ub_ctx_async(context, 1) == 0 else { return "threads" }
        switch configuration.servers {
        case .system: guard ub_ctx_resolvconf(context, nil) == 0 else { return "/etc/resolv.conf" }
        case .given(let servers):
            guard ub_ctx_set_option(context, "do-not-query-localhost:", "no") == 0 else { return "options" }
            for server in servers where ub_ctx_set_fwd(context, server) != 0 { return "name server" }
        case .recursive: break
        }
        if !configuration.stubs.isEmpty {
            guard ub_ctx_set_option(context, "do-not-query-localhost:", "no") == 0 else { return "options" }
        }
        for stub in configuration.stubs where ub_ctx_set_stub(context, stub.zone, stub.server, 0) != 0 {
            return "stub zone"
        }
        if configuration.validates {
            let anchors = configuration.trustAnchors.isEmpty ? rootAnchors : configuration.trustAnchors
            for anchor in anchors where ub_ctx_add_ta(context, anchor) != 0 { return "trust anchors" }
        }
        for zone in configuration.localZones where ub_ctx_zone_add(context, zone, "static") != 0 { return "local zone" }
        for record in configuration.localRecords where ub_ctx_data_add(context, record) != 0 { return "local record" }
        return nil
    }
}
