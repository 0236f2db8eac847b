// SPDX-License-Identifier: Apache-2.0

/// Why a protected value is opened. Each use of `expose(for:_:)` names one, so that a reviewer can find them all.
package enum ExposureCause: Sendable {
    /// It is about to be sealed for storage.
    case sealing
    /// A keyed look-up value is computed from it.
    case blindIndexing
    /// It is compared, counted or matched inside the process; the answer does not repeat it.
    case evaluating
    /// It becomes part of a message to the person it belongs to, after the gate cleared that message.
    case composing
    /// It is shown to a requester; the audit entry that records this is written in the same transaction.
    case disclosing
    /// A peer gets it over a protected connection (an address on an SMTP envelope, a host name to connect to).
    case transmitting
}

/// A value that must not be printed: protected health information, a secret, an address.
///
/// Interpolation, `print`, `String(reflecting:)`, `dump` and encoding show only a placeholder (invariant I8). It opens
/// through `expose(for:_:)` alone.
package struct Sensitive<Value> {
    private let value: Value

    package init(_ value: Value) { self.value = value }

    /// Hands the value to `body`, which must not let it escape into a log, an error, an address or an unsealed store.
    package func expose<Result, Failure: Error>(
        for cause: ExposureCause,
        _ body: (Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(value)
    }

    /// A value made from this one, just as protected.
    package func map<Other, Failure: Error>(
        _ transform: (Value) throws(Failure) -> Other
    ) throws(Failure) -> Sensitive<Other> {
        Sensitive<Other>(try transform(value))
    }
}

extension Sensitive: Sendable where Value: Sendable {}
extension Sensitive: Equatable where Value: Equatable {}
extension Sensitive: Hashable where Value: Hashable {}

extension Sensitive: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "‹redacted›" }
    package var debugDescription: String { "‹redacted›" }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

extension Sensitive: Encodable {
    /// Encodes the placeholder, never the value: a sensitive value leaves the process only through `expose`.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
