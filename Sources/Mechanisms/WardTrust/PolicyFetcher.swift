// SPDX-License-Identifier: Apache-2.0
//
// One GET of a domain's policy (RFC 8461 section 3.3): over TLS whose certificate proves `mta-sts.DOMAIN`, no redirection
// followed, `text/plain`, at most 64 KiB, within a time limit.

package import WardDNS
package import WardKernel

package struct PolicyFetcher: PolicySource {
    package typealias Limits = WebFetcher.Limits

    private let web: WebFetcher

    /// - Parameter allowsPrivateAddresses: for a resolver whose answers are one's own, never for the public DNS.
    package init(
        resolver: any WardDNS.Resolver,
        roots: TrustRoots = .system,
        surroundings: Surroundings,
        allowsPrivateAddresses: Bool = false,
        limits: Limits = Limits()
    ) {
        web = WebFetcher(
            resolver: resolver,
            roots: roots,
            surroundings: surroundings,
            allowsPrivateAddresses: allowsPrivateAddresses,
            limits: limits
        )
    }

    package func policy(of domain: String) async -> Result<MTASTSPolicy, MTASTSProblem> {
        let request = WebRequest(
            host: "mta-sts.\(domain)",
            path: "/.well-known/mta-sts.txt",
            accept: "text/plain",
            answerType: "text/plain",
            largest: MTASTSPolicy.longestText
        )
        switch await web.fetch(request) {
        case .success(let text): return Self.read(text)
        case .failure(let problem): return .failure(MTASTSProblem(problem))
        }
    }

    private static func read(_ text: [UInt8]) -> Result<MTASTSPolicy, MTASTSProblem> {
        do {
            return .success(try MTASTSPolicy(text))
        } catch {
            return .failure(error)
        }
    }
}

extension MTASTSProblem {
    init(_ problem: WebProblem) {
        self =
            switch problem {
            case .unreachable, .noSuchHost: .unreachable
            case .tooLong: .tooLong
            case .untrusted(let problem): .untrusted(problem)
            case .status(let code): .status(code)
            case .contentType: .contentType
            case .privateAddress: .privateAddress
            case .dns: .dns
            }
    }
}
