// SPDX-License-Identifier: Apache-2.0

import WardDelivery
import WardRender

extension Words {
    /// A verdict as the list of a draft's changes keeps it, such as `cleared:portal`, as it is read: the method, or why not.
    func verdict(_ word: String) -> String {
        let value = String(word.drop { $0 != ":" }.dropFirst())
        let sentence =
            SendMethod(rawValue: value)?.title ?? HoldReason(rawValue: value)?.sentence
            ?? RefusalReason(rawValue: value)?.sentence
        return sentence.map { self($0) } ?? word
    }
}
