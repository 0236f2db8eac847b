// SPDX-License-Identifier: Apache-2.0
//
// One request to a web server that a stranger named: its addresses are looked up once, checked, and connected to as they were
// (a name that changes its address meanwhile leads nowhere, reliability.md W5); no redirection is followed; the answer is
// bounded in octets and time. Over TLS the certificate must prove the name by the Web PKI; without TLS (OCSP and revocation
// lists, RFC 6960 appendix A.1, whose answers are signed) nothing is proved.

import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization
package import WardDNS
package import WardKernel

/// What is asked for.
package struct WebRequest: Sendable, Hashable {
    /// In lower case; it is what the certificate must prove.
    package var host: String
    package var isSecure: Bool
    /// Nil: the scheme's own.
    package var port: Int?
    /// With the query; begins with a slash.
    package var path: String
    /// Sent by POST; nil: GET.
    package var body: [UInt8]?
    package var bodyType: String
    package var accept: String
    /// Of the answer, in lower case without parameters; nil: any.
    package var answerType: String?
    /// Octets of the answer.
    package var largest: Int
    /// Whether every answer of 200 to 299 is one, whatever it says; else 200 alone.
    package var takesEverySuccess = false

    package init(
        host: String,
        path: String,
        isSecure: Bool = true,
        port: Int? = nil,
        body: [UInt8]? = nil,
        bodyType: String = "application/octet-stream",
        accept: String = "*/*",
        answerType: String? = nil,
        largest: Int = 64 << 10
    ) {
        self.host = host
        self.path = path
        self.isSecure = isSecure
        self.port = port
        self.body = body
        self.bodyType = bodyType
        self.accept = accept
        self.answerType = answerType
        self.largest = largest
    }

    /// Of an address with the scheme `http`, as certificates name responders and lists; nil for any other, for one with user
    /// information, and for what is not plain ASCII.
    package init?(plain address: String) { self.init(address, scheme: "http://", isSecure: false) }

    /// The same with the scheme `https`.
    package init?(secure address: String) { self.init(address, scheme: "https://", isSecure: true) }

    private init?(_ address: String, scheme: String, isSecure: Bool) {
        guard address.lowercased().hasPrefix(scheme), address.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            return nil
        }
        let rest = address.dropFirst(scheme.count).prefix { $0 != "#" }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let sides = authority.split(separator: ":", omittingEmptySubsequences: false)
        guard sides.count <= 2, let host = sides.first, !host.isEmpty,
            host.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == ".") })
        else { return nil }
        let path = rest.dropFirst(authority.count)
        self.init(host: host.lowercased(), path: path.hasPrefix("/") ? String(path) : "/\(path)", isSecure: isSecure)
        if sides.count == 2 {
            guard let port = Int(sides[1]), (1...65_535).contains(port) else { return nil }
            self.port = port
        }
    }
}

/// Why there is no answer.
package enum WebProblem: Error, Hashable, Sendable {
    /// It could not be reached, or did not finish within the time.
    case unreachable
    case tooLong
    /// It did not prove its name.
    case untrusted(TrustProblem)
    /// It answered with something other than 200 (or than a success, where all are taken); a redirection is one.
    case status(Int)
    case contentType
    /// Its addresses are those of a private network: a stranger's name must not lead there.
    case privateAddress
    /// The host has no address.
    case noSuchHost
    /// The look-up of its addresses had no answer.
    case dns
}

/// Fetches from web servers that strangers name.
package struct WebFetcher: Sendable {
    package struct Limits: Sendable, Hashable {
        /// Of requests over TLS that name none.
        package var port = 443
        package var connect: Duration = .seconds(10)
        /// From the connection to the last octet.
        package var answer: Duration = .seconds(30)

        package init() {}
    }

    /// Addresses of one host that are tried.
    private static let addressLimit = 4

    private let resolver: any WardDNS.Resolver
    private let verifier: CertificateVerifier
    private let allowsPrivateAddresses: Bool
    private let limits: Limits
    /// nil: the TLS library could not be set up, so that nothing is fetched over it.
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
        // Without a context every fetch over TLS ends as `unreachable`.
        tls = try? NIOSSLContext(configuration: configuration)
    }

    /// The whole answer.
    package func fetch(_ request: WebRequest) async -> Result<[UInt8], WebProblem> {
        let found: [IPAddress]
        switch await resolver.addresses(of: request.host) {
        case .found(let addresses, _): found = addresses
        case .noSuchDomain, .noData: return .failure(.noSuchHost)
        case .temporaryFailure, .bogus: return .failure(.dns)
        }
        let usable = allowsPrivateAddresses ? found : found.filter(\.isGlobal)
        if usable.isEmpty { return .failure(.privateAddress) }
        for address in usable.prefix(Self.addressLimit) where !Task.isCancelled {
            switch await fetch(request, at: address) {
            case .failure(.unreachable): continue
            case let answer: return answer
            }
        }
        return .failure(.unreachable)
    }

    private func fetch(_ request: WebRequest, at address: IPAddress) async -> Result<[UInt8], WebProblem> {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let answer = loop.makePromise(of: Result<[UInt8], WebProblem>.self)
        let seen = SeenProblem()
        let port = request.port ?? (request.isSecure ? limits.port : 80)
        do {
            let channel = try await ClientBootstrap(group: loop)
                .channelOption(.socketOption(.tcp_nodelay), value: 1)
                .connectTimeout(TimeAmount(limits.connect))
                .channelInitializer { [self] channel in
                    channel.eventLoop.makeCompletedFuture {
                        let pipeline = channel.pipeline.syncOperations
                        if request.isSecure { try pipeline.addHandler(protection(request.host, seen)) }
                        try pipeline.addHTTPClientHandlers(leftOverBytesStrategy: .dropBytes)
                        try pipeline.addHandler(WebAnswerHandler(request, limit: limits.answer, answer: answer))
                    }
                }
                .connect(to: SocketAddress(ipAddress: address.description, port: port))
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

    private func protection(_ host: String, _ seen: SeenProblem) throws -> NIOSSLClientHandler {
        guard let tls else { throw WebProblem.unreachable }
        return try NIOSSLClientHandler(context: tls, serverHostname: host) { [verifier] shown, promise in
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
    }
}

/// What was wrong with the certificate, told by the handshake.
private final class SeenProblem: Sendable {
    let problem = Mutex<TrustProblem?>(nil)
}

/// Asks once and collects the answer, on the connection's event loop.
private final class WebAnswerHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let request: WebRequest
    private let limit: Duration
    private var answer: EventLoopPromise<Result<[UInt8], WebProblem>>?
    private var octets: [UInt8] = []
    private var timer: Scheduled<Void>?

    init(_ request: WebRequest, limit: Duration, answer: EventLoopPromise<Result<[UInt8], WebProblem>>) {
        self.request = request
        self.limit = limit
        self.answer = answer
    }

    func channelActive(context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(in: TimeAmount(limit)) {
            let (handler, context) = bound.value
            handler.end(.failure(.unreachable), context)
        }
        let host = request.port.map { "\(request.host):\($0)" } ?? request.host
        var headers: HTTPHeaders = [
            "Host": host, "Accept": request.accept, "User-Agent": "Ward", "Connection": "close",
        ]
        if let body = request.body {
            headers.add(name: "Content-Type", value: request.bodyType)
            headers.add(name: "Content-Length", value: "\(body.count)")
        }
        let method: HTTPMethod = request.body == nil ? .GET : .POST
        let head = HTTPRequestHead(version: .http1_1, method: method, uri: request.path, headers: headers)
        // Held back by the TLS handler until the certificate has proved the name.
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if let body = request.body {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil)
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            let isTaken = request.takesEverySuccess ? (200..<300).contains(head.status.code) : head.status == .ok
            if !isTaken { return end(.failure(.status(Int(head.status.code))), context) }
            // What else it says is nobody's business, and may never end.
            if request.takesEverySuccess { return end(.success([]), context) }
            guard let expected = request.answerType else { return }
            let type = head.headers["Content-Type"].first.map { $0.prefix { $0 != ";" } } ?? ""
            if type.filter({ !$0.isWhitespace }).lowercased() != expected { end(.failure(.contentType), context) }
        case .body(let part):
            guard octets.count + part.readableBytes <= request.largest else {
                return end(.failure(.tooLong), context)
            }
            octets.append(contentsOf: part.readableBytesView)
        case .end: end(.success(octets), context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(.failure(.unreachable), context)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { end(.failure(.unreachable), context) }

    private func end(_ result: Result<[UInt8], WebProblem>, _ context: ChannelHandlerContext) {
        timer?.cancel()
        guard let answer else { return }
        self.answer = nil
        answer.succeed(result)
        context.close(promise: nil)
    }
}
