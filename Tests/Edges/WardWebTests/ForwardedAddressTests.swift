// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import WardWeb

@Suite struct ForwardedAddressTests {
    @Test func `a header of anybody but a named proxy is not believed`() {
        #expect(ForwardedAddress.of(["203.0.113.9"], peer: "192.0.2.7", proxies: []) == "192.0.2.7")
        #expect(ForwardedAddress.of(["203.0.113.9"], peer: "192.0.2.7", proxies: ["127.0.0.1"]) == "192.0.2.7")
    }

    @Test(arguments: [
        (["203.0.113.9"], "203.0.113.9"), (["10.9.9.9, 203.0.113.9"], "203.0.113.9"),
        (["10.9.9.9", "203.0.113.9, 127.0.0.1"], "203.0.113.9"), ([], "127.0.0.1"), ([""], "127.0.0.1"),
        (["2001:db8::7"], "2001:db8::7"), (["<script>"], "127.0.0.1"), (["203.0.113.9, nonsense"], "127.0.0.1"),
        (["127.0.0.1"], "127.0.0.1"),
    ])
    func `behind a proxy the nearest address that is not ours is who asks`(fields: [String], asking: String) {
        #expect(ForwardedAddress.of(fields, peer: "127.0.0.1", proxies: ["127.0.0.1"]) == asking)
    }
}
