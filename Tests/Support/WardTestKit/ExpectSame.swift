// SPDX-License-Identifier: Apache-2.0

package import Testing

/// Records an issue unless both are the same; for values that are awaited, where `#expect` cannot look inside.
package func expectSame<Value: Equatable>(
    _ found: Value,
    _ expected: Value,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(found == expected, sourceLocation: sourceLocation)
}
