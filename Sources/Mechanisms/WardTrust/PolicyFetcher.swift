// SPDX-License-Identifier: Apache-2.0
//
// One GET of a domain's policy (RFC 8461 section 3.3): over TLS whose certificate proves `mta-sts.DOMAIN`, no redirection
// followed, `text/plain`, at most 64 KiB, within a time limit. The addresses are looked up once, checked, and connected to as
// they were: a name that changes its address meanwhile leads nowhere (reliability.md W5).

import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization
package import WardDNS
package import WardKernel

package struct PolicyFetcher: PolicySource {
    package struct Limits: Sendable, Hashable {
        package var port = 443
        package var connect: Duration = .seconds(10)
        /// From the beginning of the handshake to the last octet.
        package var answer: Duration = .seconds(30)

        package init() {}
    }

    /// Addresses of one host that are tried.
    private static let addressLimit = 4

    private let resolver: any WardDNS.Resolver
    private let verifier: CertificateVerifier
    private let allowsPrivateAddresses: Bool
    private let limits: Limits
    /// nil: the TLS library could not be set up, so that nothing is fetched.
    private let tls: NIOSSLContext?

    /// - Parameter allowsPrivateAddresses: for a resolver whose answers are one's own, never for the public DNS.
    package init(
        resolver: any WardDNS.Resolver,
        roots: TrustRoots = .system,
        surroundings: Surroundings,
        allowsPrivateAddresses: Bool = false,
        limits: Limits = Limits()
    ) {
        self.resolver = resolver
        verifier = CertificateVerifier(roots: roots, surroundings: surroundings)
        self.allowsPrivateAddresses = allowsPrivateAddresses
        self.limits = limits
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.certificateVerification = .noHostnameVerification
        configuration.trustRoots = .certificates([])
        configuration.applicationProtocols = ["http/1.1"]
        // Without a context every fetch ends as `unreachable`.
        tls = try? NIOSSLContext(configuration: configuration)
    }

    package func policy(of domain: String) async -> Result<MTASTSPolicy, MTASTSProblem> {
        let host = "mta-sts.\(domain)"
        let found: [IPAddress]
        switch await resolver.addresses(of: host) {
        case .found(let addresses, _): found = addresses
        case .noSuchDomain, .noData: return .failure(.unreachable)
        case .temporaryFailure, .bogus: return .failure(.dns)
        }
        let usable = allowsPrivateAddresses ? found : found.filter(\.isGlobal)
        if usable.isEmpty { return .failure(.privateAddress) }
        for address in usable.prefix(Self.addressLimit) where !Task.isCancelled {
            switch await text(host, at: address) {
            case .failure(.unreachable): continue
            case .failure(let problem): return .failure(problem)
            case .success(let text): return Self.read(text)
            }
        }
        return .failure(.unreachable)
    }

    private static func read(_ text: [UInt8]) -> Result<MTASTSPolicy, MTASTSProblem> {
        do {
            return .success(try MTASTSPolicy(text))
        } catch {
            return .failure(error)
        }
    }

    private func text(_ host: String, at address: IPAddress) async -> Result<[UInt8], MTASTSProblem> {
        guard let tls else { return .failure(.unreachable) }
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let answer = loop.makePromise(of: Result<[UInt8], MTASTSProblem>.self)
        let seen = SeenProblem()
        do {
            let channel = try await ClientBootstrap(group: loop)
                .channelOption(.socketOption(.tcp_nodelay), value: 1)
                .connectTimeout(TimeAmount(limits.connect))
                .channelInitializer { [verifier, limits] channel in
                    channel.eventLoop.makeCompletedFuture {
                        let protection = try NIOSSLClientHandler(context: tls, serverHostname: host) { shown, promise in
                            // An unreadable certificate is left out, and a chain without it is judged: never better.
                            let chain = shown.compactMap { try? $0.toDERBytes() }
                            promise.completeWithTask {
                                switch await verifier.verify(chain, for: host) {
                                case .trusted: return .certificateVerified
                                case .untrusted(let problem):
                                    seen.problem.withLock { $0 = problem }
                                    return .failed
                                }
                            }
                        }
                        try channel.pipeline.syncOperations.addHandler(protection)
                        try channel.pipeline.syncOperations.addHTTPClientHandlers(leftOverBytesStrategy: .dropBytes)
                        try channel.pipeline.syncOperations.addHandler(
                            PolicyAnswerHandler(host: host, limit: limits.answer, answer: answer)
                        )
                    }
                }
                .connect(to: SocketAddress(ipAddress: address.description, port: limits.port))
                .get()
            let result = try await withTaskCancellationHandler {
                try await answer.futureResult.get()
            } onCancel: {
                channel.close(promise: nil)
            }
            if case .failure(.unreachable) = result, let problem = seen.problem.withLock(\.self) {
                return .failure(.untrusted(problem))
            }
            return result
        } catch {
            // Whoever waited for the answer is this function alone.
            answer.succeed(.failure(.unreachable))
            return .failure(.unreachable)
        }
    }
}

/// What was wrong with the certificate, told by the handshake.
private final class SeenProblem: Sendable {
    let problem = Mutex<TrustProblem?>(nil)
}

/// Asks once and collects the answer, on the connection's event loop.
private final class PolicyAnswerHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let host: String
    private let limit: Duration
    private var answer: EventLoopPromise<Result<[UInt8], MTASTSProblem>>?
    private var text: [UInt8] = []
    private var timer: Scheduled<Void>?

    init(host: String, limit: Duration, answer: EventLoopPromise<Result<[UInt8], MTASTSProblem>>) {
        self.host = host
        self.limit = limit
        self.answer = answer
    }

    func channelActive(context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(in: TimeAmount(limit)) {
            let (handler, context) = bound.value
            handler.end(.failure(.unreachable), context)
        }
        let head = HTTPRequestHead(
            version: .http1_1,
            method: .GET,
            uri: "/.well-known/mta-sts.txt",
            headers: ["Host": host, "Accept": "text/plain", "User-Agent": "Ward", "Connection": "close"]
        )
        // Held back by the TLS handler until the certificate has proved the name.
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            if head.status != .ok { return end(.failure(.status(Int(head.status.code))), context) }
            let type = head.headers["Content-Type"].first.map { $0.prefix { $0 != ";" } } ?? ""
            if type.filter({ !$0.isWhitespace }).lowercased() != "text/plain" {
                end(.failure(.contentType), context)
            }
        case .body(let part):
            guard text.count + part.readableBytes <= MTASTSPolicy.longestText else {
                return end(.failure(.tooLong), context)
            }
            text.append(contentsOf: part.readableBytesView)
        case .end: end(.success(text), context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(.failure(.unreachable), context)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { end(.failure(.unreachable), context) }

    private func end(_ result: Result<[UInt8], MTASTSProblem>, _ context: ChannelHandlerContext) {
        timer?.cancel()
        guard let answer else { return }
        self.answer = nil
        answer.succeed(result)
        context.close(promise: nil)
    }
}
