// SPDX-License-Identifier: Apache-2.0

/// What a server offers in its answer to EHLO (RFC 5321 section 4.1.1.1). What it said before TLS is forgotten after (RFC 3207
/// section 4.2).
struct SMTPCapabilities: Equatable {
    var startTLS = false
    /// RFC 2920.
    var pipelining = false
    /// RFC 6152.
    var eightBit = false
    /// RFC 6531.
    var internationalAddresses = false
    /// BDAT, RFC 3030.
    var chunking = false
    /// RFC 3461.
    var statusNotifications = false
    var authPlain = false
    /// RFC 8689; counts only after TLS, and before it nothing that was offered is kept.
    var requireTLS = false
    /// RFC 1870; nil: not offered. 0: offered without a limit.
    var size: Int?

    init() {}

    /// Reads the lines after the first, which is the server's greeting.
    init(_ lines: [String]) {
        for line in lines.dropFirst() {
            let words = line.uppercased().split(separator: " ")
            switch words.first {
            case "STARTTLS": startTLS = true
            case "PIPELINING": pipelining = true
            case "8BITMIME": eightBit = true
            case "REQUIRETLS": requireTLS = true
            case "SMTPUTF8": internationalAddresses = true
            case "CHUNKING": chunking = true
            case "DSN": statusNotifications = true
            case "SIZE": size = words.count > 1 ? Int(words[1]) ?? 0 : 0
            case "AUTH": authPlain = authPlain || words.dropFirst().contains("PLAIN")
            default: break
            }
        }
    }
}
