// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import WardKernel

@testable import WardMailCrypto

/// RFC 8463 appendix A: keys (A.2) and the message that they signed (A.3).
@Suite struct DKIMVectorTests {
    private static let records = [
        "brisbane._domainkey.football.example.com":
            "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
        "test._domainkey.football.example.com":
            "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWR"
            + "iGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutAC"
            + "DfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB",
    ]
    private static let signatures = """
        DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;
         d=football.example.com; i=@football.example.com;
         q=dns/txt; s=brisbane; t=1528637909; h=from : to :
         subject : date : message-id : from : subject : date;
         bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
         b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus
         Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==
        DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;
         d=football.example.com; i=@football.example.com;
         q=dns/txt; s=test; t=1528637909; h=from : to : subject :
         date : message-id : from : subject : date;
         bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
         b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3
         DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz
         dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=

        """
    private static let message = """
        From: Joe SixPack <joe@football.example.com>
        To: Suzie Q <suzie@shopping.example.net>
        Subject: Is dinner ready?
        Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)
        Message-ID: <20030712040037.46341.5F8J@football.example.com>

        Hi.

        We lost the game.  Are you hungry yet?

        Joe.

        """

    @Test func `both signatures of the RFC's message verify`() throws {
        let signed = SignedMail.octets(Self.signatures + Self.message)
        #expect(try SignedMail.verdicts(signed, records: Self.records) == [.verified, .verified])
    }

    @Test func `with another word in the body neither does`() throws {
        let signed = SignedMail.octets((Self.signatures + Self.message).replacing("lost", with: "won"))
        let verdicts = try SignedMail.verdicts(signed, records: Self.records)
        #expect(verdicts == [.failed(.bodyChanged), .failed(.bodyChanged)])
    }

    @Test func `the RFC's secret key gives the RFC's public key, and what it signs verifies`() throws {
        let secret = try #require(Data(base64Encoded: "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="))
        let key = try DKIMSigningKey(.ed25519, stored: Sensitive(Array(secret)))
        #expect(
            DKIMKeyRecord(.ed25519, publicKey: key.publicKey).text
                == Self.records["brisbane._domainkey.football.example.com"]
        )
        let signer = try DKIMSigner(domain: "football.example.com", selector: "brisbane", key: key)
        let message = SignedMail.octets(Self.message)
        let signatures = try DKIM.signatures(of: message, by: [signer], at: Timestamp(seconds: 1_528_637_909))
        let signed = try DKIM.fields(signatures, domain: "football.example.com", of: message) + message
        #expect(try SignedMail.verdicts(signed, records: Self.records) == [.verified])
    }
}
