// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOCore

/// Who asks, where a proxy stands between: the nearest address in `X-Forwarded-For` that is not a proxy of ours. What
/// stands farther to the left was written by whoever asks, and is not believed.
enum ForwardedAddress {
    static func of(_ fields: [String], peer: String, proxies: Set<String>) -> String {
        guard proxies.contains(peer) else { return peer }
        let chain = fields.flatMap { $0.split(separator: ",") }.map { $0.trimmingCharacters(in: .whitespaces) }
        for address in chain.reversed() {
            // Only an address is believed: the text is kept, counted by, and shown.
            guard let parsed = try? SocketAddress(ipAddress: address, port: 0) else { return peer }
            if !proxies.contains(address) { return parsed.ipAddress ?? peer }
        }
        return peer
    }
}
