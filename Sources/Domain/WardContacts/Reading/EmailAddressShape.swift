// SPDX-License-Identifier: Apache-2.0

import WardKernel

/// Whether a text is one mailbox.
enum EmailAddressShape {
    static func matches(_ text: String) -> Bool {
        text.utf8.contains(UInt8(ascii: "@")) && EmailAddress(text) != nil
    }
}
