// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import Logging
import NIOCore
import WardKernel

/// What a request carries from the socket to the handler.
struct WebContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The peer's IP address as text: a proxy's, where one stands before the site (`ForwardedAddress`).
    let networkAddress: String
    /// Made by the envelope, before anything else looks at the request.
    var requestID = RequestID(high: 0, low: 0)

    /// For requests that come from no socket.
    init(_ source: some RequestContextSource, networkAddress: String) {
        coreContext = .init(source: source)
        self.networkAddress = networkAddress
    }

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        networkAddress = source.channel.remoteAddress?.ipAddress ?? "unknown"
    }
}
