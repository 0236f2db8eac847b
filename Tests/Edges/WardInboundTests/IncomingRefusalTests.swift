// SPDX-License-Identifier: Apache-2.0

import Testing
import WardMailAuthentication

@testable import WardInbound

@Suite struct IncomingRefusalTests {
    @Test func `only what a domain asks to be refused is refused, and what cannot be known comes again`() {
        func code(_ dmarc: DMARCResult, _ policy: DMARCPolicy = .none) -> Int? {
            let found = MailAuthentication(spf: .none, spfDomain: "x.example", dmarc: dmarc, policy: policy)
            return IncomingReception.refusal(found)?.code
        }
        #expect(code(.fail, .reject) == 550)
        #expect(code(.temperror) == 451)
        for (dmarc, policy) in [
            (DMARCResult.fail, DMARCPolicy.quarantine), (.fail, .none), (.none, .none), (.pass, .none),
        ] {
            #expect(code(dmarc, policy) == nil)
        }
        #expect(code(.permerror) == nil)
    }
}
