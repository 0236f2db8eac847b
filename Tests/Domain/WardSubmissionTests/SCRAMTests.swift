// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import WardSubmission

/// RFC 7677 section 3: user `user`, password `pencil`.
@Suite struct SCRAMTests {
    private func keys() throws -> SCRAMKeys {
        let salt = try #require(Data(base64Encoded: "W22ZaJ0SNY7soEsUEjb6gQ=="))
        return try SCRAMKeys(password: "pencil", salt: Array(salt))
    }

    private func exchange() throws -> SCRAMExchange {
        let first = try #require(SCRAMFirst(Array("n,,n=user,r=rOprNGfwEbeRWgbNEkqO".utf8)))
        var exchange = SCRAMExchange(first, keys: try keys(), nonce: [])
        exchange = SCRAMExchange(
            first: first,
            keys: exchange.keys,
            nonce: "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
        )
        return exchange
    }

    @Test func `the example of RFC 7677 is proved and proves the server`() throws {
        let exchange = try exchange()
        #expect(
            exchange.challenge
                == "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
        )
        let last =
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
        #expect(
            exchange.judge(Array(last.utf8))
                == .right(Array("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=".utf8))
        )
    }

    @Test func `a wrong proof, another nonce and another header are refused`() throws {
        let exchange = try exchange()
        let nonce = exchange.nonce
        let proof = "p=eHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
        #expect(exchange.judge(Array("c=biws,r=\(nonce),\(proof)".utf8)) == .wrong)
        #expect(exchange.judge(Array("c=biws,r=\(nonce)x,\(proof)".utf8)) == .malformed)
        #expect(exchange.judge(Array("c=eSws,r=\(nonce),\(proof)".utf8)) == .malformed)
        #expect(exchange.judge(Array("c=biws,r=\(nonce)".utf8)) == .malformed)
        #expect(exchange.judge([0xff, 0xfe]) == .malformed)
    }

    @Test(arguments: [
        "p=,,n=user,r=rOprNGfwEbeRWgbNEkqO", "p=tls exporter,,n=user,r=rOprNGfwEbeRWgbNEkqO",
        "n,a=other,n=user,r=rOprNGfwEbeRWgbNEkqO", "n,,n=,r=12345678",
        "n,,m=ext,n=user,r=12345678", "n,,n=us=er,r=12345678", "n,,n=user", "",
    ])
    func `a first message that binds by no name, acts for another or is malformed is refused`(text: String) {
        #expect(SCRAMFirst(Array(text.utf8)) == nil)
    }

    @Test func `escaped names are read`() throws {
        #expect(try #require(SCRAMFirst(Array("y,,n=a=2Cb=3Dc,r=12345678".utf8))).login == "a,b=c")
    }
}
