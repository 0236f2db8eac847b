// SPDX-License-Identifier: Apache-2.0

import WardDelivery
import WardRender

/// One value that the protection policy comes to, and the level that it comes from. Filled by `protection/effective`.
struct EffectiveRow: Sendable {
    let effectiveTitle: String
    let effectiveValue: String
    let effectiveFrom: String

    static func rows(_ effective: EffectiveProtection, _ words: Words) -> [EffectiveRow] {
        let limited = effective.limitedBy.map { words($0.title) }.joined(separator: ", ")
        return [
            EffectiveRow(
                effectiveTitle: words("Order of the methods"),
                effectiveValue: names(effective.order.value, words),
                effectiveFrom: words(effective.order.source.title)
            ),
            EffectiveRow(
                effectiveTitle: words("The only methods allowed"),
                effectiveValue: effective.methods.isEmpty
                    ? words("none: every message is held") : names(effective.methods.byStrength, words),
                effectiveFrom: limited.isEmpty ? words(ProtectionLevel.builtIn.title) : limited
            ),
            EffectiveRow(
                effectiveTitle: words("Verified TLS or nothing"),
                effectiveValue: flag(effective.isTLSExclusive.value, words),
                effectiveFrom: words(effective.isTLSExclusive.source.title)
            ),
            EffectiveRow(
                effectiveTitle: words("Without TLS when free of health information"),
                effectiveValue: flag(effective.mayGoUnprotectedWhenFree.value, words),
                effectiveFrom: words(effective.mayGoUnprotectedWhenFree.source.title)
            ),
        ]
    }

    private static func names(_ methods: [SendMethod], _ words: Words) -> String {
        methods.map { words($0.title) }.joined(separator: ", ")
    }

    private static func flag(_ flag: Bool, _ words: Words) -> String { words(flag ? "yes" : "no") }
}
