// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import WardTrust

/// Addresses that certificates name, and the place of an address's key. The fetch itself: `PolicyFetcherTests`.
@Suite struct WebFetcherTests {
    @Test(arguments: [
        "https://a.example/", "ldap://a.example/", "http://", "http:///x", "http://user@a.example/", "http://[::1]/",
        "http://a.example:0/", "http://a.example:99999/", "http://a.example/a b", "http://a.example/\r\nHost: b",
        "http://a.example:80:80/", "ftp://a.example",
    ])
    func `what is not a plain address of the web is not asked`(address: String) {
        #expect(WebRequest(plain: address) == nil)
    }

    @Test func `host, port and path are told apart`() {
        let request = WebRequest(plain: "HTTP://A.example:8080/list.crl?x=1#part")
        #expect(request?.host == "a.example")
        #expect(request?.port == 8_080)
        #expect(request?.path == "/list.crl?x=1")
        #expect(request?.isSecure == false)
        #expect(WebRequest(plain: "http://a.example")?.path == "/")
    }

    @Test("an address over TLS is read as one without, and only over TLS")
    func secure() {
        let request = WebRequest(secure: "https://Reports.example:8443/v1?x")
        #expect(request?.host == "reports.example")
        #expect(request?.port == 8_443)
        #expect(request?.path == "/v1?x")
        #expect(request?.isSecure == true)
        #expect(WebRequest(secure: "http://reports.example/") == nil)
        #expect(WebRequest(plain: "https://reports.example/") == nil)
    }

    @Test func `the draft's own example gives its address`() {
        let advanced = WebFetcher.directoryRequest("Joe.Doe", "Example.ORG", isAdvanced: true, largest: 1)
        let file = "iy9q119eutrkn8s1mk4r39qejnbu3n5q?l=Joe.Doe"
        #expect(advanced.host == "openpgpkey.example.org")
        #expect(advanced.path == "/.well-known/openpgpkey/example.org/hu/\(file)")
        let direct = WebFetcher.directoryRequest("Joe.Doe", "Example.ORG", isAdvanced: false, largest: 1)
        #expect(direct.host == "example.org")
        #expect(direct.path == "/.well-known/openpgpkey/hu/\(file)")
        #expect(
            WebFetcher.directoryRequest("a&b=c", "d.example", isAdvanced: false, largest: 1).path.hasSuffix(
                "?l=a%26b%3Dc"
            )
        )
    }
}
